package main

import (
	"cmp"
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// shownFrom is the part of the time from which on a package is shown.
const shownFrom = 0.01

// profileText returns what to read of the profile in the file, and of that of the memory beside it. It
// has names of functions and figures in it, and nothing else of the machine.
func profileText(ctx context.Context, title, file string) (string, error) {
	pprof := func(args ...string) (string, error) {
		out, err := exec.CommandContext(ctx, "go", append([]string{"tool", "pprof", "-symbolize=none"}, args...)...).Output() //nolint:gosec // arguments of ours
		if err != nil {
			return "", fmt.Errorf("go tool pprof: %w", err)
		}
		return string(out), nil
	}
	traces, err := pprof("-traces", "-unit=ms", file)
	if err != nil {
		return "", err
	}
	top, err := pprof("-top", "-nodecount=40", file)
	if err != nil {
		return "", err
	}
	heap, err := pprof("-top", "-nodecount=15", "-sample_index=inuse_space", file+".heap")
	if err != nil {
		return "", err
	}
	return strings.Join([]string{
		title + "\n",
		"By package. Of itself: the part of the samples that were in it. With what it calls: those in which it was on the stack.\n",
		byPackage(traces),
		"\nBy function (go tool pprof -top -nodecount=40):\n",
		top,
		"\nThe heap at the end (go tool pprof -top -nodecount=15 -sample_index=inuse_space):\n",
		heap,
	}, "\n"), nil
}

// sampled is the first line of a stack in the output of pprof -traces: for how long, and where.
var sampled = regexp.MustCompile(`^\s*([0-9.]+)ms\s+(\S.*)$`)

// share is the part of a package.
type share struct {
	name      string
	own, with float64 // milliseconds
}

// byPackage adds up what pprof -traces has, by package.
func byPackage(traces string) string {
	shares := map[string]*share{}
	total, took := 0.0, 0.0
	var counted []string // on the stack that is read
	count := func(function string) *share {
		name := packageOf(function)
		s := shares[name]
		if s == nil {
			s = &share{name: name}
			shares[name] = s
		}
		if !slices.Contains(counted, name) {
			counted = append(counted, name)
			s.with += took
		}
		return s
	}
	within := false
	for line := range strings.Lines(traces) {
		line = strings.TrimRight(line, "\n")
		switch found := sampled.FindStringSubmatch(line); {
		case strings.HasPrefix(line, "----"):
			within, took, counted = true, 0, nil
		case !within || strings.TrimSpace(line) == "":
		case found != nil:
			took, _ = strconv.ParseFloat(found[1], 64) // digits, by the expression
			total += took
			count(found[2]).own += took
		default:
			count(strings.TrimSpace(line))
		}
	}

	var all []*share
	for _, s := range shares {
		if s.with >= shownFrom*total {
			all = append(all, s)
		}
	}
	slices.SortFunc(all, func(a, b *share) int {
		return cmp.Or(cmp.Compare(b.own, a.own), cmp.Compare(b.with, a.with), strings.Compare(a.name, b.name))
	})
	var out strings.Builder
	out.WriteString("of itself  with what it calls\n")
	for _, s := range all {
		fmt.Fprintf(&out, "%8.1f%% %20.1f%%  %s\n", 100*s.own/total, 100*s.with/total, s.name)
	}
	return out.String()
}

// packageOf returns the path of the package of a function, as profiles name those.
func packageOf(function string) string {
	function, _, _ = strings.Cut(function, "[") // what a generic one is of has slashes too
	function, _, _ = strings.Cut(function, " ") // (inline)
	folder := strings.LastIndexByte(function, '/') + 1
	name, _, _ := strings.Cut(function[folder:], ".")
	return function[:folder] + name
}
