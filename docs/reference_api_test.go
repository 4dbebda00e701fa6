package docs_test

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/vektah/gqlparser/v2/ast"
)

// tasks are the chapters of the reference for what stands in schema.graphqls, each with its fields. A part
// of the schema with a file of its own is a chapter by itself.
var tasks = []struct {
	title  string
	fields []string
}{
	{"Sign up", []string{"register", "confirmEmail", "resendConfirmationEmail", "checkPassword", "authConfig"}},
	{"Sign in and out", []string{"login", "requestLoginCode", "loginWithCode", "refreshSession", "logout"}},
	{"The user", []string{"me", "updateProfile", "changeUsername", "deleteAccount"}},
	{"Passwords", []string{"requestPasswordReset", "resetPassword", "changePassword"}},
	{"Sessions", []string{"sessions", "revokeSession", "logoutAll"}},
	{"A recent proof", []string{"reauthenticate", "requestReauthenticationCode"}},
	{"Another email address", []string{"requestEmailChange", "confirmEmailChange", "undoEmailChange"}},
}

// partTitles are the titles of parts whose files are called differently.
var partTitles = map[string]string{"factors": "Second factors", "providers": "Sign in with others"}

// chapter is a task with its operations.
type chapter struct {
	title      string
	operations []operation
}

func chapters(schema *contract) []chapter {
	found := map[string][]operation{}
	var parts []string
	for _, op := range schema.operations() {
		title := "Other"
		if file := op.Position.Src.Name; file != "schema.graphqls" {
			part := strings.TrimSuffix(path.Base(file), ".graphqls")
			title = partTitles[part]
			if title == "" {
				title = strings.ToUpper(part[:1]) + strings.ReplaceAll(part[1:], "_", " ")
			}
			if found[title] == nil {
				parts = append(parts, title)
			}
		}
		for _, task := range tasks {
			if title == "Other" && slices.Contains(task.fields, op.Name) {
				title = task.title
			}
		}
		found[title] = append(found[title], op)
	}

	var all []chapter
	for _, task := range tasks {
		operations := found[task.title]
		slices.SortFunc(operations, func(a, b operation) int {
			return slices.Index(task.fields, a.Name) - slices.Index(task.fields, b.Name)
		})
		all = append(all, chapter{task.title, operations})
	}
	slices.Sort(parts)
	for _, title := range append(parts, "Other") {
		if found[title] != nil {
			all = append(all, chapter{title, found[title]})
		}
	}
	return all
}

// apiPage describes each root field, by tasks, and then the types that several of them share.
func apiPage(schema *contract) string {
	var b strings.Builder
	b.WriteString(`# API

Everything is ` + "`POST /graphql`" + ` with a JSON body of ` + "`query`" + ` and ` + "`variables`" + `. This page is the schema, sorted by tasks. The schema itself is
[` + "`schema.graphqls`" + `](../../schema.graphqls) with its parts in [` + "`graph`" + `](../../graph), and the server has it at ` + "`/schema.graphql`" + ` where introspection is on. The
[JavaScript client](../clients/javascript.md) has a method of the same name for each field.

Mutations take one argument, ` + "`input`" + `, whose fields are listed under *Takes*. Every payload has ` + "`errors`" + `, which is empty on success. [Errors](errors.md) explains the codes.

*Codes* are those that the descriptions name. Beyond them, a text that must not be empty answers ` + "`REQUIRED`, an address `EMAIL_INVALID`, a new password `PASSWORD_TOO_SHORT` and its like" + `. Any
field can answer ` + "`BAD_USER_INPUT`, `QUERY_TOO_COMPLEX`, `RATE_LIMITED` and `INTERNAL`" + `.

`)
	all := chapters(schema)
	for _, c := range all {
		var names []string
		for _, op := range c.operations {
			names = append(names, fmt.Sprintf("[`%s`](#%s)", op.Name, strings.ToLower(op.Name)))
		}
		fmt.Fprintf(&b, "- **%s**: %s\n", c.title, strings.Join(names, ", "))
	}
	b.WriteString("- [**Types**](#types)\n")
	for _, c := range all {
		fmt.Fprintf(&b, "\n## %s\n", c.title)
		for _, op := range c.operations {
			writeOperation(&b, schema, op)
		}
	}

	b.WriteString("\n## Types\n\nA type with `!` is never null.\n")
	for _, definition := range schema.named() {
		writeType(&b, definition)
	}
	return b.String()
}

func writeOperation(b *strings.Builder, schema *contract, op operation) {
	who, _ := schema.callers(op.FieldDefinition)
	fmt.Fprintf(b, "\n### `%s`\n\n*%s, for* %s\n\n%s\n", op.Name, op.kind, who, op.Description)
	for _, argument := range op.Arguments {
		if input := schema.Types[argument.Type.Name()]; input.Kind == ast.InputObject && argument.Name == "input" {
			optional := ""
			if !argument.Type.NonNull {
				optional = ". The whole input can be left out"
			}
			fmt.Fprintf(b, "\nTakes `%s`%s:\n\n", argument.Type, optional)
			writeFields(b, input.Fields)
			continue
		}
		fmt.Fprintf(b, "\nTakes `%s` of the type `%s`: %s\n", argument.Name, argument.Type, cell(argument.Description))
	}
	if payload := schema.Types[op.Type.Name()]; strings.HasSuffix(payload.Name, "Payload") {
		fmt.Fprintf(b, "\nReturns `%s`:\n\n", op.Type)
		writeFields(b, payload.Fields)
	} else {
		fmt.Fprintf(b, "\nReturns `%s`.\n", op.Type)
	}
	if codes := schema.codesOf(op.FieldDefinition); len(codes) > 0 {
		for i, code := range codes {
			codes[i] = fmt.Sprintf("[`%s`](errors.md#%s)", code, strings.ToLower(code))
		}
		fmt.Fprintf(b, "\nCodes: %s\n", strings.Join(codes, ", "))
	}
}

func writeType(b *strings.Builder, definition *ast.Definition) {
	fmt.Fprintf(b, "\n### Type `%s`\n\n%s\n", definition.Name, definition.Description)
	switch {
	case len(definition.EnumValues) > 0:
		b.WriteString("\n| value | meaning |\n| --- | --- |\n")
		for _, value := range definition.EnumValues {
			fmt.Fprintf(b, "| `%s` | %s |\n", value.Name, cell(value.Description))
		}
	case len(definition.Fields) > 0:
		b.WriteString("\n")
		writeFields(b, definition.Fields)
	case len(definition.Types) > 0:
		fmt.Fprintf(b, "\nOne of `%s`.\n", strings.Join(definition.Types, "`, `"))
	}
}

// writeFields writes a table of fields, with their arguments and defaults.
func writeFields(b *strings.Builder, fields ast.FieldList) {
	b.WriteString("| field | type | meaning |\n| --- | --- | --- |\n")
	for _, field := range fields {
		meaning := cell(field.Description)
		for _, argument := range field.Arguments {
			meaning += fmt.Sprintf(" Takes `%s: %s`: %s", argument.Name, argument.Type, cell(argument.Description))
		}
		kind := "`" + field.Type.String() + "`"
		if field.DefaultValue != nil {
			kind += ", default `" + field.DefaultValue.String() + "`"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s |\n", field.Name, kind, meaning)
	}
}

// operationsOf are the names of the operations that answer a code, sorted.
func operationsOf(schema *contract, code string) []string {
	names := map[string]bool{}
	for _, op := range schema.operations() {
		if slices.Contains(schema.codesOf(op.FieldDefinition), code) {
			names[op.Name] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
