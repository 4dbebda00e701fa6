package main

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// writeTable writes everything as tables in Markdown.
func (r *Result) writeTable(out io.Writer) error {
	w := bufio.NewWriter(out)
	line := func(format string, values ...any) { _, _ = fmt.Fprintf(w, format+"\n", values...) } // Flush returns its error
	line("\n%s, in %s, on %d processors (%s, %s, %s), the load on the same machine.", r.Begun.Format("2 January 2006"), r.Took, r.CPUs, r.Processor, r.System, r.Go)
	if r.Quick {
		line("\n**This was a quick run**, of a second or less for each line: it shows that the harness works, and not how fast anything is.")
	}
	if len(r.Operations) > 0 {
		line("\n| operation | database | of its limit (lowest and highest round) | per second | p50 / p95 / p99, ms, at half of that (p99 of the best and worst stretch) | CPU (that of the load) | allocations | memory |")
		line("| --- | --- | --- | ---: | --- | ---: | ---: | ---: |")
	}
	for _, f := range r.Operations {
		var ratios []string
		for _, ratio := range f.Ratios {
			ratios = append(ratios, fmt.Sprintf("**%.2f** of the %s (%.2f–%.2f)", ratio.Median, ratio.Limit, ratio.Low, ratio.High))
		}
		line("| %s | %s | %s | %.0f | %s | %.0f µs (%.0f) | %.0f, %.0f kB | %.0f MiB |", f.Operation, f.Database, strings.Join(ratios, "<br>"),
			f.PerSecond, f.latencies(), f.CPU, f.LoadCPU, f.Allocations, f.Allocated/1000, f.Memory)
	}
	if len(r.Overloads) > 0 {
		line("\n| flood of logins | offered per second | admitted | of the bare hash | admitted p99 | refused p99 | `me` p50 / p99 meanwhile | memory before, at most, after |")
		line("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |")
	}
	for _, o := range r.Overloads {
		line("| %s | %.0f | %.0f | %.2f | %.0f ms | %.0f ms | %.1f / %.1f ms | %.0f, %.0f, %.0f MiB |", o.Database, o.Offered, o.Admitted, o.Admitted/o.Hashes,
			o.AdmittedP99, o.RefusedP99, o.MeP50, o.MeP99, o.MemoryIdle, o.MemoryPeak, o.MemoryAfter)
	}
	writeScaled(line, "users", r.Scale, func(s *Scaled) int { return s.Users })
	writeScaled(line, "replicas", r.Replicas, func(s *Scaled) int { return s.Replicas })
	if len(r.Footprints) > 0 {
		line("\n| | start on an existing database | memory when idle |")
		line("| --- | ---: | ---: |")
	}
	for _, f := range r.Footprints {
		line("| %s | %.0f ms | %.0f MiB |", f.Database, f.Start, f.Memory)
	}
	if len(r.Targets) > 0 {
		line("\n| target | | result | |")
		line("| --- | --- | --- | --- |")
	}
	for _, t := range r.Targets {
		verdict := "met"
		if !t.Met {
			verdict = "**not met**"
		}
		if t.Profile != "" {
			verdict += " ([profile](performance/" + t.Profile + "))"
		}
		line("| %s | %s | %s | %s |", t.What, t.Aim, t.Result, verdict)
	}
	line("")
	return w.Flush()
}

// latencies are those of an operation in words.
func (f *Figures) latencies() string {
	l := f.Latency
	words := fmt.Sprintf("%.2f / %.2f / %.2f (%.2f–%.2f)", l.P50, l.P95, l.P99, l.P99Low, l.P99High)
	if l.Together {
		words += fmt.Sprintf("<br>of all %d × %d", l.Stretches, l.Requests)
	}
	if f.Refused > 0 {
		words += fmt.Sprintf("<br>**%d refused**", f.Refused)
	}
	return words
}

// writeScaled writes how much longer operations take with more of something, a row for each operation.
func writeScaled(line func(string, ...any), of string, all []*Scaled, number func(*Scaled) int) {
	if len(all) == 0 {
		return
	}
	head, rule := "\n| time with more "+of+" | database |", "| --- | --- |"
	for _, s := range all {
		if s.Operation == all[0].Operation && s.Database == all[0].Database {
			head += fmt.Sprintf(" %d |", number(s))
			rule += " ---: |"
		}
	}
	line("%s", head)
	line("%s", rule)
	row := ""
	for i, s := range all {
		if row == "" {
			row = "| " + s.Operation + " | " + s.Database + " |"
		}
		if row += fmt.Sprintf(" %.2f", s.Time); s.Low != s.High {
			row += fmt.Sprintf(" [%.2f–%.2f]", s.Low, s.High)
		}
		row += fmt.Sprintf(" (%.0f/s) |", s.PerSecond)
		if i+1 == len(all) || all[i+1].Operation != s.Operation || all[i+1].Database != s.Database {
			line("%s", row)
			row = ""
		}
	}
}
