package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/latchkey-auth/latchkey/internal/app"
	"github.com/latchkey-auth/latchkey/internal/config"
)

// checkTimeout is how long one check may take.
const checkTimeout = 20 * time.Second

// doctorCommand looks for what is wrong with an installation. It changes nothing and sends no mail.
type doctorCommand struct{}

// verdict is what came of a check.
type verdict string

const (
	fine    verdict = "ok"
	warning verdict = "warn" // it works, and may not be what is wanted
	failure verdict = "fail" // it does not work, or will not
)

// finding is a line of the doctor's: what was looked at, what was found, and what to do about it.
type finding struct {
	verdict verdict
	what    string
	found   string
	remedy  string // empty: nothing is to be done
}

// check looks at one thing. It returns nothing where there is nothing to look at.
type check struct {
	doing string
	do    func(ctx context.Context, cfg *config.Config) []finding
}

// checks are all that is looked at once the settings can be used, in the order in which a server
// needs it.
var checks = []check{
	{"the settings", checkPolicy},
	{"the secret key", checkKey},
	{"the certificate", checkCertificate},
	{"the database", checkDatabase},
	{"the mail server", checkMail},
	{"the public URL", checkPublicURL},
}

// Run prints a line for each finding. It is an error if one of them is a failure.
func (doctorCommand) Run(ctx context.Context, env *app.Env, settings *config.Settings) error {
	out := newTerminal(env.Stdout, env.Getenv)
	line := progress{terminal: newTerminal(env.Stderr, env.Getenv)}
	var failures int
	tell := func(findings []finding) {
		line.clear()
		for _, f := range findings {
			out.finding(f)
			if f.verdict == failure {
				failures++
			}
		}
	}

	cfg, err := settings.Resolve()
	tell(aboutSettings(cfg, err, config.Unknown(env.Environ)))
	ofProviders := check{"the providers", func(ctx context.Context, cfg *config.Config) []finding { return checkProviders(ctx, cfg, env) }}
	for _, c := range append(slices.Clone(checks), ofProviders) {
		if cfg == nil {
			break // without settings there is nothing to look at
		}
		line.show("Looking at " + c.doing + " …")
		bounded, cancel := context.WithTimeout(ctx, checkTimeout)
		tell(c.do(bounded, cfg))
		cancel()
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("the doctor was interrupted: %w", err)
		}
	}
	switch failures {
	case 0:
		return nil
	case 1:
		return errors.New("one thing has to be fixed")
	}
	return fmt.Errorf("%d things have to be fixed", failures)
}

// finding writes a finding, with its remedy on a line of its own.
func (f terminal) finding(found finding) {
	colors := map[verdict]color{fine: green, warning: yellow, failure: red}
	const width = 14 // of what was looked at
	_, _ = fmt.Fprintf(f.w, "%s%s  %-*s  %s\n", f.paint(colors[found.verdict], string(found.verdict)),
		strings.Repeat(" ", len(warning)-len(found.verdict)), width, found.what, found.found)
	if found.remedy != "" {
		_, _ = fmt.Fprintf(f.w, "%*s%s\n", len(warning)+width+4, "", found.remedy)
	}
}

// aboutSettings tells each fault of the settings, and each variable that is none of them.
func aboutSettings(cfg *config.Config, err error, unknown []string) []finding {
	var findings []finding
	var faults config.Faults
	switch {
	case errors.As(err, &faults):
		for _, fault := range faults {
			findings = append(findings, finding{failure, "Settings", fault.Variable + " " + fault.Problem, fault.Remedy})
		}
	case err != nil:
		findings = append(findings, finding{failure, "Settings", err.Error(), ""})
	default:
		findings = append(findings, finding{fine, "Settings", string(cfg.Mode) + "; nothing is missing", ""})
	}
	for _, words := range unknown {
		findings = append(findings, finding{warning, "Settings", words, ""})
	}
	return findings
}
