package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"
)

// Result is everything that a run found out.
type Result struct {
	Begun      time.Time    `json:"begun"`
	Took       string       `json:"took"`
	Quick      bool         `json:"quick"` // it shows that the harness works, and nothing else
	Processor  string       `json:"processor"`
	CPUs       int          `json:"cpus"`
	System     string       `json:"system"`
	Go         string       `json:"go"`
	Operations []*Figures   `json:"operations"`
	Footprints []*Footprint `json:"footprints"`
	Overloads  []*Overload  `json:"overloads"`
	Scale      []*Scaled    `json:"scale"`
	Replicas   []*Scaled    `json:"replicas"`
	Targets    []Target     `json:"targets"`

	profiles map[string]string // by their files
}

func newResult(begun time.Time) *Result {
	return &Result{
		Begun: begun.UTC().Truncate(time.Second), Processor: processor(), CPUs: runtime.NumCPU(),
		System: runtime.GOOS + "/" + runtime.GOARCH, Go: runtime.Version(), profiles: map[string]string{},
	}
}

// save writes results.json, chart.svg and the profiles into a folder, in place of older ones.
func (r *Result) save(folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil { //nolint:gosec // documentation is for everybody
		return err
	}
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	if err := r.saveProfiles(folder); err != nil {
		return err
	}
	return errors.Join(
		os.WriteFile(filepath.Join(folder, "results.json"), append(text, '\n'), 0o644), //nolint:gosec // the same
		os.WriteFile(filepath.Join(folder, "chart.svg"), r.chart(), 0o644),             //nolint:gosec // the same
	)
}

// saveProfiles writes the profiles into a folder, and takes away those of a run before.
func (r *Result) saveProfiles(folder string) error {
	old, err := filepath.Glob(filepath.Join(folder, "profiles", "*.txt"))
	if err != nil {
		return err
	}
	for _, file := range old {
		if err := os.Remove(file); err != nil {
			return err
		}
	}
	for name, text := range r.profiles {
		file := filepath.Join(folder, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil { //nolint:gosec // documentation is for everybody
			return err
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil { //nolint:gosec // the same
			return err
		}
	}
	return nil
}

// writeProfiles writes the profiles one below the other.
func (r *Result) writeProfiles(out io.Writer) error {
	for _, name := range slices.Sorted(maps.Keys(r.profiles)) {
		if _, err := fmt.Fprintf(out, "\n== %s\n\n%s", name, r.profiles[name]); err != nil {
			return err
		}
	}
	return nil
}

// The lines of a document between which publish writes.
const (
	tableBegins = "<!-- results: written by go run ./bench --publish docs/performance -->\n"
	tableEnds   = "<!-- the end of the results -->\n"
)

// publish writes the tables into a document.
func (r *Result) publish(document string) error {
	text, err := os.ReadFile(document) //nolint:gosec // whoever runs this names it
	if err != nil {
		return err
	}
	before, rest, found := bytes.Cut(text, []byte(tableBegins))
	_, after, ends := bytes.Cut(rest, []byte(tableEnds))
	if !found || !ends {
		return fmt.Errorf("%s has no place for the results: it needs the lines\n%s%s", document, tableBegins, tableEnds)
	}
	var out bytes.Buffer
	out.Write(before)
	out.WriteString(tableBegins)
	if err := r.writeTable(&out); err != nil {
		return err
	}
	out.WriteString(tableEnds)
	out.Write(after)
	return os.WriteFile(document, out.Bytes(), 0o644) //nolint:gosec // documentation is for everybody
}
