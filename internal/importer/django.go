package importer

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/secret/foreign"
)

// Django is what `manage.py dumpdata` writes of its users and of django-allauth, or a folder of the tables as
// comma-separated values.
var Django = newFormat("django", format{read: readDjango, isMapped: true})

// djangoUser is what other tables say of a user. It is all that is kept in memory of an export.
type djangoUser struct {
	emails  []djangoEmail
	socials []djangoSocial
	totp    secret.Text
	codes   []secret.Text
	notes   []auth.ImportNote
	hadNote map[string]bool
}

type djangoEmail struct {
	address           string
	verified, primary bool
}

type djangoSocial struct{ provider, subject string }

func (u *djangoUser) note(field, cause string) {
	if u.hadNote == nil {
		u.hadNote = map[string]bool{}
	}
	if !u.hadNote[cause] {
		u.hadNote[cause] = true
		u.notes = append(u.notes, auth.ImportNote{Field: field, Cause: cause})
	}
}

// djangoObject is a row of a table.
type djangoObject struct {
	*record
	table  string // as Django names it in a database, such as auth_user
	pk     string
	fields row
}

// readDjango reads an export twice: first what is beside the users, and then those.
func readDjango(e *export, fn func(*Row) error) error {
	if e.path == "-" {
		return errors.New("an export of Django is read twice, so it cannot come from standard input: name the file")
	}
	beside, isAllauth := map[string]*djangoUser{}, false
	err := e.djangoObjects(func(o *djangoObject) error {
		if o.fault != "" || o.isUser() {
			return nil
		}
		id := text1(o.fields, "user", "user_id")
		if id == "" {
			return nil
		}
		u := beside[id]
		if u == nil {
			u = &djangoUser{}
			beside[id] = u
		}
		isAllauth = isAllauth || strings.HasSuffix(o.table, "account_emailaddress")
		u.add(o)
		return nil
	})
	if err != nil {
		return err
	}
	return e.djangoObjects(func(o *djangoObject) error {
		to := &Row{File: o.file, Line: o.line}
		switch {
		case o.fault != "":
			to.note("", o.fault)
		case !o.isUser():
			return nil
		default:
			to.User = &auth.ImportedUser{}
			o.take(e, to, beside[o.pk], isAllauth)
			e.options.Mapping.apply(to, o.fields)
		}
		return fn(to)
	})
}

// isUser reports whether a row is a user: whatever the model is called, it has what Django's own has.
func (o *djangoObject) isUser() bool {
	_, hasPassword := o.fields["password"]
	_, hasRank := o.fields["is_superuser"]
	_, hasState := o.fields["is_active"]
	return hasPassword && (hasRank || hasState)
}

// add takes what another table has of a user.
func (u *djangoUser) add(o *djangoObject) {
	switch {
	case strings.HasSuffix(o.table, "account_emailaddress"):
		u.emails = append(u.emails, djangoEmail{text1(o.fields, "email"), isTrue(o.fields, "verified"), isTrue(o.fields, "primary")})
	case strings.HasSuffix(o.table, "socialaccount_socialaccount"):
		u.socials = append(u.socials, djangoSocial{text1(o.fields, "provider"), text1(o.fields, "uid")})
	case strings.HasSuffix(o.table, "mfa_authenticator"):
		u.addFactor(text1(o.fields, "type"), o.fields["data"])
	case strings.HasSuffix(o.table, "knox_authtoken"):
		u.note("tokens", "The tokens of knox were left out: they are kept as digests of another kind, and expire. The user signs in once more.")
	case strings.HasSuffix(o.table, "authtoken_token"):
		u.note("tokens", "The token of Django REST framework was left out: it never expires, and was kept in clear text. The user signs in once more.")
	}
}

// addFactor takes a second factor of allauth.mfa.
func (u *djangoUser) addFactor(kind string, column any) {
	data, _ := asObject(column)
	switch kind {
	case "totp":
		u.totp = secret.Text(text1(data, "secret"))
	case "recovery_codes":
		if codes := asList(data["migrated_codes"]); codes != nil {
			for _, code := range codes {
				u.codes = append(u.codes, secret.Text(textOf(code)))
			}
			return
		}
		u.codes = secret.AllauthRecoveryCodes(secret.Text(text1(data, "seed")), text1(data, "used_mask"))
	default:
		u.note("passkeys", "A second factor was left out: of allauth.mfa, authenticator apps and recovery codes can be imported.")
	}
}

// take makes a user of a row and of what other tables have.
func (o *djangoObject) take(e *export, to *Row, beside *djangoUser, isAllauth bool) {
	c, u := o.fields, to.User
	to.id(o.pk)
	u.Email, u.Username = text1(c, "email"), text1(c, "username")
	u.Name, u.CreatedAt = fullName(c, "first_name", "last_name"), at(c, "date_joined")
	if u.Name == "" {
		u.Name = text1(c, "name", "full_name")
	}
	u.Disabled = c["is_active"] != nil && !isTrue(c, "is_active")
	switch {
	case isTrue(c, "is_superuser"):
		u.Role = auth.RoleAdmin
	case isTrue(c, "is_staff"):
		u.Role = auth.RoleStaff
	}
	if u.Username == u.Email {
		u.Username = ""
	}
	to.hash(foreign.Parse(text1(c, "password")))
	if !isAllauth {
		to.verifiedAsTold(e)
	}
	if beside == nil {
		return
	}
	beside.chooseEmail(to)
	for _, social := range beside.socials {
		to.identity(social.provider, social.subject, "")
	}
	u.TOTPSecret, u.RecoveryCodes = beside.totp, beside.codes
	to.Notes = append(to.Notes, beside.notes...)
}

// chooseEmail takes the primary address of allauth, and tells the others.
func (u *djangoUser) chooseEmail(to *Row) {
	chosen := -1
	for i, email := range u.emails {
		if email.primary || chosen < 0 && strings.EqualFold(email.address, to.User.Email) {
			chosen = i
		}
	}
	if chosen < 0 && len(u.emails) == 1 {
		chosen = 0
	}
	if chosen >= 0 {
		to.User.Email, to.User.EmailVerified = u.emails[chosen].address, u.emails[chosen].verified
	}
	if len(u.emails) > 1 {
		to.note("email", "The user has several addresses there. The primary one was imported.")
	}
}

// djangoObjects calls fn with each row of an export.
func (e *export) djangoObjects(fn func(*djangoObject) error) error {
	info, err := os.Stat(e.path)
	if err != nil {
		return fmt.Errorf("read the export: %w", err)
	}
	if !info.IsDir() {
		return e.records(e.path, "", func(r *record) error { return fn(dumped(r)) })
	}
	files, err := filepath.Glob(filepath.Join(e.path, "*.csv"))
	if err != nil || len(files) == 0 {
		return errors.New("read the export: the folder has no tables with names that end in .csv")
	}
	for _, file := range files {
		name := filepath.Base(file)
		err := e.records(file, "", func(r *record) error {
			r.file = name
			return fn(&djangoObject{record: r, table: strings.TrimSuffix(strings.ToLower(name), ".csv"), pk: text1(r.fields, "id", "pk"), fields: r.fields})
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// dumped is an object of dumpdata.
func dumped(r *record) *djangoObject {
	o := &djangoObject{record: r}
	columns, ok := r.columns()
	if !ok {
		if r.fault == "" {
			r.fault = faultObject
		}
		return o
	}
	o.table = strings.ReplaceAll(strings.ToLower(text1(columns, "model")), ".", "_")
	o.pk = text1(columns, "pk")
	o.fields, _ = columns["fields"].(row)
	return o
}
