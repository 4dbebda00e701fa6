//go:build !unix

package pgtest

import (
	"errors"
	"os/exec"
)

// setUpProcess refuses: the script needs a Unix.
func setUpProcess(*exec.Cmd, string) error {
	return errors.New("a throwaway PostgreSQL is only started on Unix; name a server instead")
}
