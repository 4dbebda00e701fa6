package config

import (
	"fmt"
	"strings"
)

// Table returns all settings as a table in Markdown, as docs/reference/settings.md has it: variable, flag, what
// holds when it is not set, and what it is for.
func Table() string {
	var b strings.Builder
	b.WriteString("| variable | flag | default | meaning |\n| --- | --- | --- | --- |\n")

	for _, field := range fields {
		unset := field.unset
		if !strings.ContainsRune(unset, ' ') && unset != "nothing" {
			unset = "`" + unset + "`"
		}
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", field.variable, field.flag, escape(unset), escape(field.help))
	}
	return b.String()
}

// escape keeps a text from being taken for HTML or for the end of a cell.
func escape(text string) string {
	return strings.NewReplacer("|", `\|`, "<", "&lt;", ">", "&gt;").Replace(text)
}
