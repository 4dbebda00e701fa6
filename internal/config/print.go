package config

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
)

// Print writes every setting in force, one line each: its variable, its value and where that comes
// from (flag, environment or default). Of a secret only whether it is set is told, of a URL
// everything but its password. What has a fault is marked, so that it prints whatever is wrong;
// Resolve says what.
func (s Settings) Print(w io.Writer, getenv func(string) string) error {
	r := resolve(s)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)

	for _, field := range fields {
		value, source := field.shown(&r.given), field.source(&s, getenv)
		switch {
		case r.faulty(field.variable) && value == "" && source == "default":
			value, source = "[not set]", "missing"
		case r.faulty(field.variable):
			// In a faulty secret URL, any part may be the password.
			if field.secret {
				value = hidden
			}
			source += ", faulty"
		case source == "default" || value == "":
			value = field.inForce(&r.config)
		}
		if _, err := fmt.Fprintf(table, "%s\t%s\t%s\n", field.variable, oneLine(value), source); err != nil {
			return err
		}
	}
	return table.Flush()
}

// source tells where a setting comes from.
func (f field) source(s *Settings, getenv func(string) string) string {
	switch value := f.get(s); value {
	case "":
		return "default"
	case lookUp(getenv, f.variable):
		if getenv(f.variable+fileSuffix) != "" {
			return "file"
		}
		return "environment"
	default:
		return "flag"
	}
}

// oneLine returns the value on one line: as it is, or quoted if a terminal could take it amiss.
func oneLine(value string) string {
	if quoted := strconv.Quote(value); quoted != `"`+value+`"` && !strings.ContainsAny(value, `"\`) {
		return quoted
	}
	return value
}
