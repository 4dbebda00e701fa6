package main

import (
	"cmp"
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// mutation is one way to break the program.
type mutation struct {
	name  string // unique
	what  string // what breaks, in words
	file  string // from the root, with slashes
	in    string // the function or method, such as Service.Login; empty: anywhere in the file
	old   string // what stands there; spaces and line ends are alike
	new   string // what takes its place; see README.md
	tests []testRun
	// equivalent says why no test can see it; empty: one has to.
	equivalent string

	at string // where the list says so
}

// testRun is a call of one package's test binary.
type testRun struct {
	pkg  string // its folder from the root
	name string // of a test, or of a subtest with slashes; or several tests with | between them
}

// readList reads all files of a folder that end in .txt. Every fault is told at once.
func readList(folder string) ([]*mutation, error) {
	files, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil {
		return nil, err
	}
	var (
		all    []*mutation
		faults []error
		seen   = map[string]string{}
	)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		mutations, err := parseList(filepath.Base(file), string(text))
		faults = append(faults, err)
		for _, m := range mutations {
			if before, ok := seen[m.name]; ok {
				faults = append(faults, fmt.Errorf("%s: the name %q is taken by %s", m.at, m.name, before))
			}
			seen[m.name] = m.at
		}
		all = append(all, mutations...)
	}
	if len(all) == 0 {
		faults = append(faults, fmt.Errorf("%s has no mutations", folder))
	}
	return all, errors.Join(faults...)
}

// parseList reads blocks of lines "key: value", with empty lines between the blocks. A line that begins
// with # is a comment.
func parseList(name, text string) ([]*mutation, error) {
	var (
		all    []*mutation
		faults []error
		now    *mutation
	)
	for number, line := range strings.Split(text, "\n") {
		at := fmt.Sprintf("%s:%d", name, number+1)
		line = strings.TrimSpace(line)
		if line == "" {
			now = nil
			continue
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		if now == nil {
			now = &mutation{at: at}
			all = append(all, now)
		}
		if err := now.set(line); err != nil {
			faults = append(faults, fmt.Errorf("%s: %w", at, err))
		}
	}
	for _, m := range all {
		faults = append(faults, m.complete())
	}
	return all, errors.Join(faults...)
}

// set takes one line of the list.
func (m *mutation) set(line string) error {
	key, value, ok := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	fields := map[string]*string{
		"name": &m.name, "what": &m.what, "file": &m.file, "in": &m.in, "old": &m.old, "new": &m.new, "equivalent": &m.equivalent,
	}
	field := fields[key]
	switch {
	case !ok || value == "":
		return fmt.Errorf("%q is not a line \"key: value\"", line)
	case key == "test":
		pkg, test, other := strings.Cut(value, " ")
		if !other {
			pkg, test = "", value
		}
		m.tests = append(m.tests, testRun{pkg: pkg, name: strings.TrimSpace(test)})
	case field == nil:
		return fmt.Errorf("there is no key %q", key)
	case *field != "":
		return fmt.Errorf("%q stands there twice", key)
	default:
		*field = value
	}
	return nil
}

// complete fills in what is usual, and says what is missing.
func (m *mutation) complete() error {
	for i, test := range m.tests {
		m.tests[i].pkg = cmp.Or(test.pkg, path.Dir(m.file))
	}
	for key, value := range map[string]string{"name": m.name, "what": m.what, "file": m.file, "old": m.old, "new": m.new} {
		if value == "" {
			return fmt.Errorf("%s: %q is missing", m.at, key)
		}
	}
	switch {
	case len(m.tests) == 0:
		return fmt.Errorf("%s: no test is named that should see it", m.at)
	case !mutantWord.MatchString(m.new):
		return fmt.Errorf("%s: what is new does not say mutant, so it would always be in force", m.at)
	}
	return nil
}
