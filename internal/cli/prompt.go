package cli

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// askPassword reads a password: twice and unseen from a terminal, else the first line of the input.
// It is never an argument, which every user of the machine could read.
func askPassword(env *app.Env) (secret.Text, error) {
	if file, ok := env.Stdin.(*os.File); ok && app.IsTerminal(file) {
		first, err := promptPassword(env.Stderr, file, "Password: ")
		if err != nil {
			return "", err
		}
		second, err := promptPassword(env.Stderr, file, "Again: ")
		if err != nil {
			return "", err
		}
		if first != second {
			return "", errors.New("the two passwords differ")
		}
		return first, nil
	}
	line, err := bufio.NewReader(env.Stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", fmt.Errorf("read password: %w", err)
	}
	password := strings.TrimRight(line, "\r\n")
	if password == "" {
		return "", errors.New("no password came on standard input: pipe one in, or use a terminal to be asked for it")
	}
	return secret.Text(password), nil
}

func promptPassword(w io.Writer, terminal *os.File, prompt string) (secret.Text, error) {
	_, _ = fmt.Fprint(w, prompt)
	password, err := term.ReadPassword(int(terminal.Fd()))
	_, _ = fmt.Fprintln(w)
	if err != nil {
		return "", fmt.Errorf("read password: %w", err)
	}
	return secret.Text(password), nil
}
