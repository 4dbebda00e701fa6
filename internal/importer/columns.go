package importer

import (
	"bytes"
	"encoding/json"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// columns are a row of another system by the names of its columns.
type row = map[string]any

// columns returns what is in a record.
func (r *record) columns() (row, bool) {
	if r.raw == nil {
		return r.fields, r.fault == ""
	}
	decoder := json.NewDecoder(bytes.NewReader(r.raw))
	decoder.UseNumber()
	var fields row
	err := decoder.Decode(&fields)
	return fields, err == nil && fields != nil
}

// tableFormat is a format with a row for each user: in a table, on lines of JSON, in an array, or in the array with a name
// in an object.
func tableFormat(array string, take func(e *export, to *Row, columns row)) format {
	return format{isMapped: true, read: func(e *export, fn func(*Row) error) error {
		return e.records(e.path, array, func(r *record) error {
			to := &Row{File: r.file, Line: r.line}
			columns, ok := r.columns()
			switch {
			case r.fault != "":
				to.note("", r.fault)
			case !ok:
				to.note("", faultObject)
			default:
				to.User = &auth.ImportedUser{}
				take(e, to, columns)
				e.options.Mapping.apply(to, columns)
			}
			return fn(to)
		})
	}}
}

// text returns the first of some columns that has a text.
func text1(columns row, names ...string) string {
	for _, name := range names {
		if text := strings.TrimSpace(textOf(lookup(columns, name))); text != "" {
			return text
		}
	}
	return ""
}

// isTrue reports whether a column says so.
func isTrue(columns row, name string) bool {
	value, ok := asBool(lookup(columns, name))
	return ok && value
}

// at returns the time in the first of some columns that has one.
func at(columns row, names ...string) time.Time {
	for _, name := range names {
		if when := asTime(lookup(columns, name)); !when.IsZero() {
			return when
		}
	}
	return time.Time{}
}

// id takes the id of a user: a UUID stays the user's id here.
func (r *Row) id(id string) {
	if parsed, err := uuid.Parse(id); err == nil && len(id) == len(parsed.String()) && parsed != uuid.Nil {
		r.User.ID = parsed
	}
	r.User.ExternalID = id
}

// issuers are the issuers of providers by the names that other systems have for them.
var issuers = func() map[string]string {
	all := map[string]string{}
	for _, preset := range provider.Presets() {
		all[preset] = provider.Issuer(preset)
	}
	for name, preset := range map[string]string{
		"google.com": "google", "google-oauth2": "google", "apple.com": "apple", "github.com": "github", "facebook.com": "facebook",
		"linkedin_oidc": "linkedin", "linkedin_oauth2": "linkedin",
	} {
		all[name] = provider.Issuer(preset)
	}
	// The subjects of Microsoft and of X's first API are not those that we get; a generic provider says nothing.
	delete(all, "microsoft")
	delete(all, "oidc")
	delete(all, "oauth2")
	return all
}()

// identity takes an account at a provider.
func (r *Row) identity(name, subject, email string) {
	issuer := issuers[strings.ToLower(name)]
	switch {
	case name == "" || subject == "":
		r.note("identities", "An account at a provider was left out: its provider or its id there is missing.")
	case issuer == "":
		r.note("identities", "An account at a provider was left out: this program cannot know the same account again by what the export says.")
	default:
		r.User.Identities = append(r.User.Identities, auth.ImportedIdentity{Issuer: issuer, Subject: subject, Provider: strings.TrimSuffix(strings.ToLower(name), ".com"), Email: email})
	}
}

// verified takes whether the address is verified where the other system does not say.
func (r *Row) verifiedAsTold(e *export) { r.User.EmailVerified = e.options.TrustEmails }

func fullName(columns row, first, last string) string {
	return strings.TrimSpace(text1(columns, first) + " " + text1(columns, last))
}

func (r *Row) totp(secretText string) {
	if secretText != "" {
		r.User.TOTPSecret = secret.Text(secretText)
	}
}
