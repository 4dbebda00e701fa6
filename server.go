// Latchkey is a GraphQL authentication API in one binary: sign-up, login, email confirmation,
// password reset and the rest of an account, for any frontend that speaks GraphQL.
//
// This file hands the process to internal/cli, which reads the command line; internal/app puts the
// parts of the server together.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/cli"
)

//go:generate go tool -modfile=internal/tools/go.mod gqlgen generate
//go:generate go -C examples/go generate ./...
//go:generate go test -count=1 -run ^TestTheReferenceIsMadeFromTheCode$ ./docs -update

// released is set by the linker for a release.
var released string

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the program at once

	err := cli.Run(ctx, app.Env{
		Args:     os.Args[1:],
		Getenv:   os.Getenv,
		Environ:  os.Environ(),
		Stdin:    os.Stdin,
		Stdout:   os.Stdout,
		Stderr:   os.Stderr,
		Released: released,
	})
	if err != nil {
		fmt.Fprintf(os.Stderr, "latchkey: %v\n", err)
		os.Exit(1)
	}
}
