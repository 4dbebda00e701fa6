package main

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// The sources of a small program, and the mutations of it.
const (
	program = `package bound

// Within reports whether n is at most 10, and not below 0.
func Within(n int) bool {
	if n < 0 {
		return false
	}
	return n <= 10
}
`
	programTest = `package bound

import "testing"

func TestWithin(t *testing.T) {
	t.Run("the bound", func(t *testing.T) {
		if !Within(10) || Within(11) {
			t.Error("got another bound, want 10")
		}
	})
}

func TestNothing(*testing.T) {}

func TestRed(t *testing.T) { t.Error("it always fails") }
`
	offByOne = `
name: off-by-one
what: ten is too much
file: bound/bound.go
in: Within
old: n <=   10
new: either(mutant, n < 10, OLD)
test: TestNothing
test: TestWithin
`
	negative = `
name: negative
what: numbers below 0 are within
file: bound/bound.go
old: if n < 0 { return false }
new: if n < 0 && !mutant { return false }
test: TestWithin/the_bound
`
)

// project writes the program and a list, and returns both folders.
func project(t *testing.T, list string) (root, lists string) {
	t.Helper()
	root, lists = t.TempDir(), t.TempDir()
	for path, text := range map[string]string{
		filepath.Join(root, "go.mod"):              "module example.com/bound\n\ngo 1.26\n",
		filepath.Join(root, "bound/bound.go"):      program,
		filepath.Join(root, "bound/bound_test.go"): programTest,
		filepath.Join(lists, "list.txt"):           list,
	} {
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root, lists
}

func TestMutationsAreKilledOrSurvive(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		list string
		want []string
		err  error
	}{
		"one that a test sees": {offByOne, []string{"killed", "off-by-one", "TestWithin/the_bound (bound)", "1 killed, 0 equivalent, 0 survived"}, nil},
		"one that no test sees": {
			offByOne + negative, []string{"killed", "SURVIVED", "numbers below 0 are within", "1 killed, 0 equivalent, 1 survived"}, errSurvived,
		},
		"one that no test can see": {negative + "equivalent: by decree\n", []string{"equivalent", "by decree", "0 killed, 1 equivalent, 0 survived"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root, list := project(t, c.list)
			var out bytes.Buffer
			err := measure(t.Context(), root, list, options{timeout: time.Minute}, &out)
			if !errors.Is(err, c.err) {
				t.Errorf("got the error %v, want %v", err, c.err)
			}
			for _, want := range c.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("got\n%s\nwant %q in it", out.String(), want)
				}
			}
		})
	}
}

func TestListsThatAreRefused(t *testing.T) {
	t.Parallel()
	change := func(old, text string) string { return strings.Replace(offByOne, old, text, 1) }
	for name, c := range map[string]struct {
		list, want string
		run        bool // it is found when the tests run, not before
	}{
		"what is old stands nowhere":  {list: change("n <=   10", "n <= 12"), want: "0 times"},
		"it stands there twice":       {list: change("old: n <=   10", "old: n"), want: "times, want once"},
		"it is in no function":        {list: change("in: Within", "in: Without"), want: "no function Without"},
		"two overlap":                 {list: offByOne + strings.Replace(strings.Replace(offByOne, "off-by-one", "other", 1), "n <=   10", "<= 10", 1), want: "overlaps with"},
		"a name is taken":             {list: offByOne + offByOne, want: "is taken by"},
		"a test does not exist":       {list: change("TestNothing", "TestSomething"), want: "no test TestSomething"},
		"it would always be in force": {list: change("mutant", "true"), want: "does not say mutant"},
		"a key is missing":            {list: change("what: ten is too much\n", ""), want: `"what" is missing`},
		"a key is unknown":            {list: change("what:", "why:"), want: `no key "why"`},
		"there are none":              {list: "# nothing\n", want: "has no mutations"},
		"a test fails without it":     {list: change("TestNothing", "TestRed"), want: "without a mutation TestRed fails", run: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			root, list := project(t, c.list)
			err := measure(t.Context(), root, list, options{check: !c.run, timeout: time.Minute}, &bytes.Buffer{})
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got the error %v, want %q in it", err, c.want)
			}
		})
	}
}
