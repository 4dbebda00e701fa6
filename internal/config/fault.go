package config

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Fault is one setting that cannot be used.
type Fault struct {
	Variable string // LATCHKEY_SMTP_URL
	Flag     string // --smtp-url
	Value    string // as it may be shown; empty when nothing was given or when it is secret
	Problem  string // what is wrong: "is not set, …", "must be …"
	Remedy   string // what to do, one sentence
}

// Faults are all settings that cannot be used, in the order of Settings. As an error they are one
// screen of text. No secret and no password is in it.
type Faults []Fault

// Error implements error.
func (f Faults) Error() string {
	var b strings.Builder
	if len(f) == 1 {
		b.WriteString("1 setting needs attention:\n")
	} else {
		fmt.Fprintf(&b, "%d settings need attention:\n", len(f))
	}

	for _, fault := range f {
		b.WriteString("\n")
		wrap(&b, "  ", fmt.Sprintf("%s (%s) %s", fault.Variable, fault.Flag, fault.Problem))
		if fault.Value != "" {
			fmt.Fprintf(&b, "      It is %s.\n", quote(fault.Value))
		}
		wrap(&b, "      ", fault.Remedy)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// wrap writes text in lines that a terminal does not break, the first behind indent and the others
// as far in as a remedy is.
func wrap(b *strings.Builder, indent, text string) {
	const width = 96
	line := indent

	for word := range strings.FieldsSeq(text) {
		if len(line)+len(word) > width {
			b.WriteString(strings.TrimRight(line, " ") + "\n")
			line = "      "
		}
		line += word + " "
	}
	b.WriteString(strings.TrimRight(line, " ") + "\n")
}

// quote returns a value as one short line, whatever is in it.
func quote(value string) string {
	const longest = 100
	if utf8.RuneCountInString(value) > longest {
		value = string([]rune(value)[:longest]) + "…"
	}
	return fmt.Sprintf("%q", value)
}

// sorted returns the faults in the order in which the settings are declared.
func (f Faults) sorted() Faults {
	slices.SortStableFunc(f, func(a, b Fault) int {
		return fieldOf(a.Variable).index - fieldOf(b.Variable).index
	})
	return f
}
