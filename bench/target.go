package main

import (
	"fmt"
	"runtime"
	"slices"
)

// Target is what is aimed at, and what came of it.
type Target struct {
	What   string `json:"what"`
	Aim    string `json:"aim"`
	Result string `json:"result"`
	Met    bool   `json:"met"`
}

// What is aimed at, each within one run.
const (
	aimMe          = 0.8  // of bare gqlgen
	aimMeSpread    = 5.0  // p99 in p50s
	aimMeSelect    = 0.5  // of the bare SELECT
	aimLogin       = 0.95 // of the bare hash
	aimRefresh     = 0.4  // of the bare transaction
	aimRefreshRate = 2000 // a second and core, which is as good
	aimScale       = 1.2  // times the time with the smallest database
	aimReplicas    = 1.05 // times the time with one; what is above 1 is what two measurements of the same differ by
	aimStart       = 150  // ms
	aimIdle        = 40   // MB
	aimAdmitted    = 2000 // ms
	aimMeFlooded   = 50   // ms
	aimFlood       = 0.8  // of the bare hash

	hashMegabytes = 19 * 1.048576
	megabytes     = 1.048576 // in a MiB
)

// judge compares the figures with the targets.
func (r *Result) judge() {
	aim := func(met bool, what, aim, result string, values ...any) {
		r.Targets = append(r.Targets, Target{what, aim, fmt.Sprintf(result, values...), met})
	}
	for _, f := range r.Operations {
		on := f.Operation + ", " + f.Database
		of := func(limit string) float64 {
			i := slices.IndexFunc(f.Ratios, func(r Ratio) bool { return r.Limit == limit })
			return f.Ratios[i].Median
		}
		switch f.Operation {
		case opMe:
			aim(of(limitGraphQL) >= aimMe, on, fmt.Sprintf("%.2f of bare gqlgen", aimMe), "%.2f", of(limitGraphQL))
			aim(f.P99 < aimMeSpread*f.P50, on, fmt.Sprintf("p99 under %.0f times p50", aimMeSpread), "%.1f times", f.P99/f.P50)
			if f.Database == postgres {
				aim(of(limitSelect) >= aimMeSelect, on, fmt.Sprintf("%.2f of the bare SELECT", aimMeSelect), "%.2f", of(limitSelect))
			}
		case "login":
			aim(of(limitHash) >= aimLogin, on, fmt.Sprintf("%.2f of the bare hash", aimLogin), "%.2f", of(limitHash))
		case opRefresh:
			perCore := f.PerSecond / float64(r.CPUs)
			aim(of(limitTransaction) >= aimRefresh || perCore >= aimRefreshRate, on,
				fmt.Sprintf("%.2f of a bare transaction, or %d/s per core", aimRefresh, aimRefreshRate), "%.2f; %.0f/s per core", of(limitTransaction), perCore)
		}
	}
	for _, f := range r.Footprints {
		aim(f.Start < aimStart, "start, "+f.Database, fmt.Sprintf("under %d ms", aimStart), "%.0f ms", f.Start)
		aim(f.Memory*megabytes < aimIdle, "idle memory, "+f.Database, fmt.Sprintf("under %d MB", aimIdle), "%.0f MB", f.Memory*megabytes)
	}
	for _, o := range r.Overloads {
		on := "flood of logins, " + o.Database
		aim(o.AdmittedP99 <= aimAdmitted, on, fmt.Sprintf("admitted within %d ms (p99)", aimAdmitted), "%.0f ms", o.AdmittedP99)
		aim(o.MeP99 < aimMeFlooded && o.Admitted >= aimFlood*o.Hashes, on,
			fmt.Sprintf("me under %d ms (p99) and %.1f of the bare hash admitted", aimMeFlooded, aimFlood), "%.0f ms; %.2f", o.MeP99, o.Admitted/o.Hashes)
		most := aimIdle + hashMegabytes*float64(runtime.GOMAXPROCS(0))
		aim(o.MemoryPeak*megabytes < most, on, fmt.Sprintf("under %.0f MB: %d and the hashes", most, aimIdle), "%.0f MB", o.MemoryPeak*megabytes)
	}
	for _, s := range largest(r.Scale) {
		aim(s.Time <= aimScale, fmt.Sprintf("%s with %d users, %s", s.Operation, s.Users, s.Database), fmt.Sprintf("%.1f times the time with the fewest", aimScale), "%.2f times", s.Time)
	}
	for _, s := range largest(r.Replicas) {
		aim(s.Time <= aimReplicas, fmt.Sprintf("%s with %d replicas", s.Operation, s.Replicas), "not slower than with one", "%.2f times the time", s.Time)
	}
}

// largest returns the last of each operation on each database.
func largest(all []*Scaled) (last []*Scaled) {
	for i, s := range all {
		if i+1 == len(all) || all[i+1].Operation != s.Operation || all[i+1].Database != s.Database {
			last = append(last, s)
		}
	}
	return last
}
