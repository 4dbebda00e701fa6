//go:build !linux

package pgtest

// memory returns "", the folder of temporary files: there is no other place to rely on.
func memory() string { return "" }
