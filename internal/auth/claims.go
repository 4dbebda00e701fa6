package auth

import (
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/profile"
)

// claimsMaxSize is how long the claims of a profile are at most, in bytes of JSON: a token goes with
// every request, in a header.
const claimsMaxSize = 1 << 10

// Claims are what a JWT tells of its user beside the id. The zero Claims are none.
type Claims struct {
	email   bool
	role    bool
	profile [][]string // paths of fields
}

// ParseClaims returns the claims with these names: email, role, and profile.PATH for a field of the
// profile that only an operator sets, with the names that lead to it separated by dots. The error tells every name that is wrong: what users choose themselves is
// no claim, because services that accept a token believe what it says.
func ParseClaims(names []string, schema *profile.Schema) (Claims, error) {
	var claims Claims
	var faults []string
	for i, name := range names {
		if slices.Contains(names[:i], name) {
			faults = append(faults, fmt.Sprintf("%q stands there twice.", name))
			continue
		}
		field, ofProfile := strings.CutPrefix(name, "profile.")
		path := strings.Split(field, ".")
		switch {
		case name == "email":
			claims.email = true
		case name == "role":
			claims.role = true
		case ofProfile && schema.SetByOperator(path...):
			claims.profile = append(claims.profile, path)
		default:
			faults = append(faults, claimFault(name, ofProfile))
		}
	}
	if len(faults) == 0 {
		return claims, nil
	}
	faults = append(faults, `Allowed are email, role, and profile.FIELD for fields that the profile schema marks "x-set-by": "operator".`)
	return Claims{}, errors.New(strings.Join(faults, " "))
}

func claimFault(name string, ofProfile bool) string {
	const reason = "and users must not write their own claims."
	switch {
	case name == "name" || name == "username":
		return fmt.Sprintf("%q is no claim: users choose it themselves, %s", name, reason)
	case name == "profile":
		return fmt.Sprintf("%q is no claim: users write most of it themselves, %s", name, reason)
	case ofProfile:
		return fmt.Sprintf("%q is no claim: the schema does not declare this field, or users write some of it themselves, %s", name, reason)
	}
	return fmt.Sprintf("%q is no claim.", name)
}

// Of returns the claims of a user as they are now: email and email_verified; role; and profile, with
// the fields that were asked for where they are in the profile. The values are texts, truth values,
// int64, float64, lists and objects of these, so that every encoder writes them as they are. What the
// user does not have is left out. So is the profile if it holds more than a token can carry: then it
// is from before these claims were configured, for SetProfile refuses it.
//
// Only email, email_verified, role and profile are ever in it, none of which RFC 7519 or 9068 gives
// another meaning.
func (c Claims) Of(u *User) map[string]any {
	claims := map[string]any{}
	if c.email {
		claims["email"], claims["email_verified"] = u.Email.Address, u.EmailVerified()
	}
	if c.role {
		claims["role"] = string(u.Role)
	}
	if part := c.ofProfile(u.Profile); len(part) > 0 && sizeOf(part) <= claimsMaxSize {
		claims["profile"] = part
	}
	return claims
}

// ofProfile returns the fields that are claims. There are none in what is no profile.
func (c Claims) ofProfile(whole profile.Profile) map[string]any {
	if len(c.profile) == 0 {
		return nil
	}
	object, err := whole.Object()
	if err != nil {
		return nil
	}
	part := map[string]any{}
	for _, path := range c.profile {
		value, ok := valueAt(object, path)
		if !ok {
			continue
		}
		plain, err := profile.PlainNumbers(value)
		if err != nil {
			continue
		}
		put(part, path, plain)
	}
	return part
}

// checkChange returns the problem of a profile whose claims have changed and are too large.
func (c Claims) checkChange(before, after profile.Profile) Problems {
	now := c.ofProfile(after)
	if sizeOf(now) <= claimsMaxSize || reflect.DeepEqual(now, c.ofProfile(before)) {
		return nil
	}
	return Problems{profileProblem(nil, "The fields that are claims of tokens have at most {maxKB} KB together.").
		with(map[string]any{"maxKB": claimsMaxSize >> 10})}
}

// sizeOf returns the length of an object as JSON, at its longest.
func sizeOf(object map[string]any) int {
	text, err := json.Marshal(object)
	if err != nil { // nothing in it that JSON does not have
		return claimsMaxSize + 1
	}
	return len(text)
}

// valueAt returns what is at the path in an object.
func valueAt(object map[string]any, path []string) (any, bool) {
	value, ok := object[path[0]]
	if !ok || len(path) == 1 {
		return value, ok
	}
	inner, _ := value.(map[string]any)
	return valueAt(inner, path[1:])
}

// put sets what is at the path in an object, and makes the objects that lead there.
func put(object map[string]any, path []string, value any) {
	if len(path) == 1 {
		object[path[0]] = value
		return
	}
	inner, isObject := object[path[0]].(map[string]any)
	if !isObject {
		inner = map[string]any{}
		object[path[0]] = inner
	}
	put(inner, path[1:], value)
}
