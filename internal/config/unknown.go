package config

import (
	"slices"
	"strings"
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
		if !strings.HasPrefix(name, prefix) || strings.HasPrefix(name, testPrefix) || known(name) {
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

func known(variable string) bool {
	return slices.ContainsFunc(fields, func(f field) bool { return f.variable == variable })
}

// nearest returns the variable that differs least from name, or nothing if all differ in more than
// half. The prefix does not count, so that LATCHKEY_PORT is near PORT.
func nearest(name string) string {
	name = strings.TrimPrefix(name, prefix)
	best, least := "", len(name)/2+1

	for _, field := range fields {
		if d := distance(name, strings.TrimPrefix(field.variable, prefix)); d < least {
			best, least = field.variable, d
		}
	}
	return best
}

// distance is how many bytes must be inserted, removed or replaced to make b of a (Levenshtein).
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}

	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replaced := diagonal
			if a[i] != b[j] {
				replaced++
			}
			diagonal = row[j+1]
			row[j+1] = min(replaced, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
