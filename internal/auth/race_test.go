//go:build race

package auth_test

// With the race detector a property is tried less often: what it looks for is a race then, and each
// try takes ten times as long.
func init() { propertyTries = "25" }
