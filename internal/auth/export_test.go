package auth

import (
	"maps"
	"slices"
)

// Jobs returns all jobs of the table, for tests.
func Jobs() []Job { return slices.Sorted(maps.Keys(jobs)) }
