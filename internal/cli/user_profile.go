package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/config"
	"github.com/latchkey-auth/latchkey/internal/profile"
	"github.com/latchkey-auth/latchkey/internal/text"
)

// patchMaxSize is in bytes, far more than a profile has.
const patchMaxSize = 1 << 20

type userProfile struct {
	Email  string  `arg:"" help:"Address of the user."`
	Change *string `arg:"" optional:"" help:"What to merge into the profile (RFC 7396), such as '{\"plan\": \"pro\"}': null takes a field away. With - it is read from standard input. Without it, nothing changes." placeholder:"JSON"`
	why
}

// Run prints the profile, after the change if there is one.
func (c userProfile) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	var patch map[string]any
	if c.Change != nil {
		var err error
		if patch, err = readPatch(*c.Change, env.Stdin); err != nil {
			return err
		}
	}
	operator, err := auth.Operator(c.Reason)
	if err != nil {
		return err
	}
	return withService(ctx, env, settings, func(s *auth.Service) error {
		var user *auth.User
		var err error
		if c.Change == nil {
			user, err = s.Account(ctx, c.Email)
		} else {
			if patch == nil {
				patch = map[string]any{} // null, which changes nothing here
			}
			user, err = s.SetProfile(ctx, operator, c.Email, auth.UpdateProfileInput{Profile: &patch})
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintln(env.Stdout, printable(user.Profile))
		return err
	})
}

// readPatch returns what to merge, from the argument or from the input that it names.
func readPatch(argument string, stdin io.Reader) (map[string]any, error) {
	change := []byte(argument)
	if argument == "-" {
		var err error
		if change, err = io.ReadAll(io.LimitReader(stdin, patchMaxSize+1)); err != nil {
			return nil, fmt.Errorf("read the change of the profile: %w", err)
		}
		if len(change) > patchMaxSize {
			return nil, errors.New("a change of a profile has at most 1 MB")
		}
	}
	return profile.ParsePatch(change)
}

// printable returns a profile as JSON that does nothing to a terminal: users write it, and may write
// characters that move its cursor or turn its text around.
func printable(shown profile.Profile) string {
	var b strings.Builder
	for _, r := range string(shown) {
		if text.Invisible(r) {
			_, _ = fmt.Fprintf(&b, `\u%04x`, r)
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

// printableLines is printable for JSON of several lines.
func printableLines(shown string) string {
	lines := strings.Split(shown, "\n")
	for i, line := range lines {
		lines[i] = printable(profile.Profile(line))
	}
	return strings.Join(lines, "\n")
}

// profileField returns which field of a profile a problem is about, if it is about one.
func profileField(problem auth.Problem) (string, bool) {
	if problem.Code != auth.InvalidProfile || len(problem.Path) < 3 || !slices.Equal(problem.Path[:2], []string{"input", "profile"}) {
		return "", false
	}
	return strings.Join(problem.Path[2:], "."), true
}
