// Report reads the files that it is given, each what one `go test -json` prints, all at the same time. It
// prints each package that ends, what failing tests printed, and the slowest tests. It fails if a test
// or a build failed, or if a file ends early.
package main

import (
	"bufio"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"sync"
)

// slowest is how many of the slowest tests are printed.
const slowest = 10

// event is a line of `go test -json`.
type event struct {
	Action, Package, ImportPath, Test, Output string
	Elapsed                                   float64
}

// report collects what the files say.
type report struct {
	out io.Writer

	mu      sync.Mutex
	printed map[string]string // by package and test, until it passes
	ended   []event           // tests that are no part of another
	failed  bool
}

func main() {
	r := &report{out: os.Stdout, printed: map[string]string{}}
	var readers sync.WaitGroup
	for _, name := range os.Args[1:] {
		readers.Go(func() {
			if err := r.readFile(name); err != nil {
				r.fail(fmt.Sprintf("%s: %v\n", name, err))
			}
		})
	}
	readers.Wait()
	r.summarize()
	if r.failed || len(r.ended) == 0 {
		os.Exit(1)
	}
}

func (r *report) readFile(name string) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	running, passed := map[string]bool{}, 0
	for lines := bufio.NewReader(file); ; {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		var e event
		if json.Unmarshal(line, &e) != nil {
			r.fail(string(line))
			continue
		}
		switch {
		case e.Action == "start":
			running[e.Package] = true
		case e.Test == "" && (e.Action == "pass" || e.Action == "skip" || e.Action == "fail"):
			delete(running, e.Package)
			passed++
		}
		r.take(e)
	}
	if len(running) > 0 || passed == 0 {
		return fmt.Errorf("the tests ended early, after %d packages, with %d running", passed, len(running))
	}
	return nil
}

// take notes an event. Packages say how they ended in a line of output of their own.
func (r *report) take(e event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "output":
		if e.Test == "" && (strings.HasPrefix(e.Output, "ok ") || strings.HasPrefix(e.Output, "FAIL\t")) {
			fmt.Fprint(r.out, e.Output)
			return
		}
		r.printed[key] += e.Output
	case "fail", "build-fail":
		r.failed = true
		fmt.Fprint(r.out, r.printed[key])
		delete(r.printed, key)
	case "pass", "skip":
		delete(r.printed, key)
	}
	if (e.Action == "pass" || e.Action == "fail") && e.Test != "" && !strings.Contains(e.Test, "/") {
		r.ended = append(r.ended, e)
	}
}

func (r *report) fail(why string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.failed = true
	fmt.Fprint(r.out, why)
}

func (r *report) summarize() {
	slices.SortFunc(r.ended, func(a, b event) int { return cmp.Compare(b.Elapsed, a.Elapsed) })
	fmt.Fprintf(r.out, "The slowest of %d tests:\n", len(r.ended))
	for _, e := range r.ended[:min(slowest, len(r.ended))] {
		fmt.Fprintf(r.out, "%7.1f s  %s  %s\n", e.Elapsed, e.Package, e.Test)
	}
}
