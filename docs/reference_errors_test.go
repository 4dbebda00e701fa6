package docs_test

import (
	"fmt"
	"strings"
	"testing"
)

// requestCodes are the values of extensions.code, with what to do about each. The description of
// Mutation lists them.
var requestCodes = map[string]string{
	"UNAUTHENTICATED":           "There is no session, or it has ended, or the header cannot be read; the message says which. Refresh the token if it was a JWT that has expired, else have the user sign in.",
	"FORBIDDEN":                 "The caller may not do this: the role is too low, the operator has turned it off, or the request comes from a page of an origin that is not allowed.",
	"EMAIL_NOT_CONFIRMED":       "The user has to open the link in the confirmation email first. Offer `resendConfirmationEmail`.",
	"REAUTHENTICATION_REQUIRED": "The session is not [fresh](../concepts.md#freshness). Ask the user for a proof, send it with `reauthenticate`, and send the request again.",
	"SECOND_FACTOR_REQUIRED":    "The user needs a second factor that this session has not proved. `extensions.enrolled` says whether there is one. Have the user sign in again, which leads to a [challenge](../concepts.md#challenges).",
	"RATE_LIMITED":              "Too many attempts; nothing was done. Wait for `extensions.retryAfterSeconds`. The header `Retry-After` says the same.",
	"BAD_USER_INPUT":            "The request does not fit the schema, or contradicts itself: a fault of the client. `extensions.path` is the place in the input, if there is one.",
	"QUERY_TOO_COMPLEX":         "The document asks for too much at once. Ask for less, or in several requests.",
	"INTERNAL":                  "A fault of the server, whose log has the cause. Show `extensions.requestId`, so that it can be found.",
}

// errorsPage lists the codes of both kinds of errors.
func errorsPage(t *testing.T, schema *contract) string {
	t.Helper()
	for _, word := range codeWord.FindAllString(schema.Mutation.Description, -1) {
		if _, known := requestCodes[word]; !known && strings.Contains(word, "_") {
			t.Errorf("the description of Mutation has the code %s, which docs/reference_errors_test.go does not explain", word)
		}
	}
	var b strings.Builder
	b.WriteString(`# Errors

There are [two kinds](../concepts.md#two-kinds-of-errors). What the user can fix is in ` + "`errors`" + ` of the payload. What is wrong with the request is a GraphQL error with ` + "`extensions.code`" + `.
More codes will come: keep a default branch.

## Errors of the request

`)
	for _, word := range codeWord.FindAllString(schema.Mutation.Description, -1) {
		meaning, known := requestCodes[word]
		if !known || strings.Contains(b.String(), "### `"+word+"`\n") {
			continue
		}
		fmt.Fprintf(&b, "### `%s`\n\n%s\n\n", word, meaning)
	}
	for code := range requestCodes {
		if !strings.Contains(b.String(), "### `"+code+"`\n") {
			t.Errorf("the description of Mutation does not have the code %s", code)
		}
	}

	b.WriteString("## What the user can fix\n\nEach has a `code`, a `message` in English, and a `path` to the field of the input, or null if it is about no single field.\n")
	for _, value := range schema.Types["UserErrorCode"].EnumValues {
		fmt.Fprintf(&b, "\n### `%s`\n\n%s\n", value.Name, value.Description)
		var links []string
		for _, name := range operationsOf(schema, value.Name) {
			links = append(links, fmt.Sprintf("[`%s`](api.md#%s)", name, strings.ToLower(name)))
		}
		if len(links) > 0 {
			fmt.Fprintf(&b, "\nNamed by %s.\n", strings.Join(links, ", "))
		}
	}
	return b.String()
}
