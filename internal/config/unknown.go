package config

import (
	"slices"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/provider"
	"github.com/latchkey-auth/latchkey/internal/text"
)

const (
	prefix     = "LATCHKEY_"
	testPrefix = prefix + "TEST_" // variables that only the tests read
)

// Unknown returns one warning for each variable of environ ("NAME=value") that begins with LATCHKEY_
// and is no setting, with the nearest name that is one. Values are not told.
func Unknown(environ []string) []string {
	var warnings []string

	for _, entry := range environ {
		name, _, _ := strings.Cut(entry, "=")
		if !strings.HasPrefix(name, prefix) || strings.HasPrefix(name, testPrefix) || known(name) || isFileOf(name) || isOfProvider(name) {
			continue
		}

		warning := name + " is no setting of Latchkey and is ignored"
		if near := nearest(name); near != "" {
			warning += ": did you mean " + near + "?"
		}
		warnings = append(warnings, warning)
	}

	slices.Sort(warnings)
	return slices.Compact(warnings)
}

// isOfProvider reports whether a variable, or the one whose file it names, is of a provider.
func isOfProvider(name string) bool {
	return provider.IsVariable(strings.TrimSuffix(name, fileSuffix))
}

func known(variable string) bool {
	return slices.ContainsFunc(fields, func(f field) bool { return f.variable == variable })
}

// nearest returns the variable that differs least from name, or nothing if all differ in more than
// half. The prefix does not count, so that LATCHKEY_PORT is near PORT.
func nearest(name string) string {
	name = strings.TrimPrefix(name, prefix)
	known := make([]string, len(fields))
	for i, field := range fields {
		known[i] = strings.TrimPrefix(field.variable, prefix)
	}
	found := text.Nearest(name, known, len(name)/2)
	if len(found) == 0 {
		return ""
	}
	return fields[slices.Index(known, found[0])].variable
}
