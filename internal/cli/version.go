package cli

import (
	"fmt"
	"runtime"

	"github.com/latchkey-auth/latchkey/internal/app"
)

// versionCommand prints the version.
type versionCommand struct{}

// Run prints the version of the program and of what it was built with.
func (versionCommand) Run(env *app.Env) error {
	_, err := fmt.Fprintf(env.Stdout, "latchkey %s (%s, %s/%s)\n", env.Version(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
