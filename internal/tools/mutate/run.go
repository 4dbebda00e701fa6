package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"strings"
	"time"
)

// runner has one test binary for each package that the chosen mutations need.
type runner struct {
	root, work string
	timeout    time.Duration
}

// compile builds the test binaries, with all mutations in them.
func (r *runner) compile(ctx context.Context, placed sources, chosen []*mutation) error {
	overlay := map[string]string{}
	for file, text := range placed {
		copied := filepath.Join(r.work, strings.ReplaceAll(file, "/", "+"))
		if err := os.WriteFile(copied, []byte(text), 0o600); err != nil {
			return err
		}
		overlay[filepath.Join(r.root, filepath.FromSlash(file))] = copied
	}
	data, err := json.Marshal(map[string]any{"Replace": overlay})
	if err != nil {
		return err
	}
	list := filepath.Join(r.work, "overlay.json")
	if err := os.WriteFile(list, data, 0o600); err != nil {
		return err
	}

	args := []string{"test", "-c", "-vet=off", "-overlay", list, "-o", r.work + string(filepath.Separator)}
	named := map[string]string{}
	for _, m := range chosen {
		for _, test := range m.tests {
			base := path.Base(test.pkg)
			if other, ok := named[base]; ok && other != test.pkg {
				return fmt.Errorf("%s and %s would have the same binary: choose fewer mutations", other, test.pkg)
			} else if !ok {
				named[base] = test.pkg
				args = append(args, "./"+test.pkg)
			}
		}
	}
	build := exec.CommandContext(ctx, "go", args...) //nolint:gosec // the list names the packages
	build.Dir = r.root
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("compile the mutations: %w\n%s", err, out)
	}
	return nil
}

// pattern is the test of -test.run, and "." for all tests of the package.
func (t testRun) pattern() string {
	if t.name == "" {
		return "."
	}
	levels := strings.Split(t.name, "/")
	for i, level := range levels {
		levels[i] = "^(" + level + ")$"
	}
	return strings.Join(levels, "/")
}

// run runs tests with a mutation in force, or none for "". It returns the test that failed first, and "" if
// none did.
func (r *runner) run(ctx context.Context, test testRun, inForce string) (failed string, out []byte, err error) {
	binary := filepath.Join(r.work, path.Base(test.pkg)+".test")
	command := exec.CommandContext(ctx, binary, "-test.failfast", "-test.run", test.pattern(), "-test.timeout", r.timeout.String()) //nolint:gosec // built here
	command.Dir = filepath.Join(r.root, filepath.FromSlash(test.pkg))
	command.Env = append(os.Environ(), variable+"="+inForce)
	out, err = command.CombinedOutput()
	var exit *exec.ExitError
	switch {
	case ctx.Err() != nil:
		return "", out, ctx.Err()
	case errors.As(err, &exit):
		return firstFailure(out), out, nil
	case err != nil:
		return "", out, err
	case bytes.Contains(out, []byte("no tests to run")):
		return "", out, fmt.Errorf("%s has no test %s", test.pkg, test.name)
	}
	return "", out, nil
}

var failure = regexp.MustCompile(`(?m)^ *--- FAIL: (\S+)`)

// firstFailure returns the innermost of the tests that failed first.
func firstFailure(out []byte) string {
	first := "the program, which ended or waited for ever"
	for i, found := range failure.FindAllSubmatch(out, -1) {
		name := string(found[1])
		if i > 0 && !strings.HasPrefix(name, first+"/") {
			break
		}
		first = name
	}
	return first
}

// baseline fails unless all tests that are to see something pass while no mutation is in force.
func (r *runner) baseline(ctx context.Context, chosen []*mutation, full bool) error {
	done := map[testRun]bool{}
	var faults []error
	for _, m := range chosen {
		for _, test := range m.runs(full) {
			if done[test] {
				continue
			}
			done[test] = true
			failed, out, err := r.run(ctx, test, "")
			if err != nil {
				return err
			}
			if failed != "" {
				faults = append(faults, fmt.Errorf("without a mutation %s fails in %s:\n%s", failed, test.pkg, out))
			}
		}
	}
	return errors.Join(faults...)
}

// runs are the calls that may see a mutation: the named tests first, and if all are asked for their packages.
func (m *mutation) runs(full bool) []testRun {
	runs := m.tests
	if full {
		for _, test := range m.tests {
			runs = append(runs[:len(runs):len(runs)], testRun{pkg: test.pkg})
		}
	}
	return runs
}

// report runs the mutations and prints a line for each, and how many there were of which kind.
func (r *runner) report(ctx context.Context, chosen []*mutation, full bool, out io.Writer) error {
	var killed, equivalent, survived int
	for _, m := range chosen {
		started, seenBy := time.Now(), ""
		for _, test := range m.runs(full) {
			failed, _, err := r.run(ctx, test, m.name)
			if err != nil {
				return err
			}
			if failed != "" {
				seenBy = failed + " (" + test.pkg + ")"
				break
			}
		}
		verdict, told := "killed", seenBy
		switch {
		case seenBy != "":
			killed++
		case m.equivalent != "":
			verdict, told = "equivalent", m.equivalent
			equivalent++
		default:
			verdict, told = "SURVIVED", m.what
			survived++
		}
		fmt.Fprintf(out, "%-10s %6.2f s  %-34s %s\n", verdict, time.Since(started).Seconds(), m.name, told)
	}
	fmt.Fprintf(out, "\n%d killed, %d equivalent, %d survived\n", killed, equivalent, survived)
	if survived > 0 {
		return errSurvived
	}
	return nil
}
