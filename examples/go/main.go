// Command go is an example of a client of Latchkey in Go, with functions and types that genqlient writes
// from the schema: it signs up if asked to, logs in, says who that is, refreshes the session and logs out.
//
//	echo 'correct horse battery' | go run ./examples/go -email ada@example.com
package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/Khan/genqlient/graphql"
)

//go:generate go run generate.go

func main() {
	url := flag.String("url", "http://localhost:8080", "where Latchkey is")
	email := flag.String("email", "", "the address of the account; its password is read from the standard input")
	name := flag.String("sign-up", "", "sign up first, by this name")
	flag.Parse()

	if err := run(os.Stdin, os.Stdout, *url, *email, *name); err != nil {
		fmt.Fprintln(os.Stderr, advice(err))
		os.Exit(1)
	}
}

func run(in io.Reader, out io.Writer, url, email, name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	lines := bufio.NewReader(in)
	ask := func(what string) (string, error) {
		if _, err := io.WriteString(out, what); err != nil {
			return "", err
		}
		line, err := lines.ReadString('\n')
		if err != nil {
			return "", fmt.Errorf("read a line: %w", err)
		}
		return strings.TrimRight(line, "\r\n"), nil
	}
	password, err := ask("")
	if err != nil {
		return err
	}
	session := &session{}
	client := graphql.NewClient(url+"/graphql", &http.Client{Transport: session})

	if name != "" {
		confirm, err := signUp(ctx, client, email, password, name)
		if err != nil {
			return err
		}
		if confirm {
			_, err := fmt.Fprintln(out, "Open the mailed link, then log in.")
			return err
		}
	}
	if err := session.logIn(ctx, client, email, password, ask); err != nil {
		return err
	}
	if err := introduce(ctx, client, out); err != nil {
		return err
	}
	if err := session.refresh(ctx, client); err != nil {
		return err
	}
	if err := introduce(ctx, client, out); err != nil {
		return err
	}
	if _, err := LogOut(ctx, client); err != nil {
		return fmt.Errorf("log out: %w", err)
	}
	if _, err := Me(ctx, client); err == nil {
		return errors.New("the session outlives the logout")
	} else if !has(err, "UNAUTHENTICATED") {
		return fmt.Errorf("ask who that is after the logout: %w", err)
	}
	_, err = fmt.Fprintln(out, "Logged out.")
	return err
}

// signUp tells whether a mailed link has to be opened before one can log in.
func signUp(ctx context.Context, client graphql.Client, email, password, name string) (bool, error) {
	answer, err := SignUp(ctx, client, email, password, &name)
	if err != nil {
		return false, fmt.Errorf("sign up: %w", err)
	}
	return answer.Register.ConfirmationRequired, refusal(answer.Register.Errors)
}

func introduce(ctx context.Context, client graphql.Client, out io.Writer) error {
	answer, err := Me(ctx, client)
	if err != nil {
		return fmt.Errorf("ask who that is: %w", err)
	}
	name := "nobody in particular"
	if answer.Me.Name != nil {
		name = *answer.Me.Name
	}
	_, err = fmt.Fprintf(out, "%s <%s>\n", name, answer.Me.Email)
	return err
}
