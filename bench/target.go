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
	// Profile is the file that says why it is not met, beside the results.
	Profile string `json:"profile,omitempty"`

	scene string // what it is of
}

// The scenes that are no operations.
const (
	sceneStart = "start"
	sceneIdle  = "idle"
	sceneFlood = "flood"
)

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
	aim := func(met bool, scene, what, aim, result string, values ...any) {
		r.Targets = append(r.Targets, Target{What: what, Aim: aim, Result: fmt.Sprintf(result, values...), Met: met, scene: scene})
	}
	for _, f := range r.Operations {
		on, scene := f.Operation+", "+f.Database, sceneOf(f.Operation, f.Database)
		of := func(limit string) Ratio {
			i := slices.IndexFunc(f.Ratios, func(r Ratio) bool { return r.Limit == limit })
			return f.Ratios[i]
		}
		switch f.Operation {
		case opMe:
			graphQL, spread := of(limitGraphQL).Median, f.Latency.P99/f.Latency.P50
			aim(graphQL >= aimMe, scene, on, fmt.Sprintf("%.2f of bare gqlgen", aimMe), "%.2f", graphQL)
			aim(spread < aimMeSpread, scene, on, fmt.Sprintf("p99 under %.0f times p50", aimMeSpread), "%.1f times (bare gqlgen, at the same rate: %.1f)", spread, f.Beside.P99/f.Beside.P50)
		case opUncached:
			if f.Database == postgres {
				lookup := of(limitSelect).Median
				aim(lookup >= aimMeSelect, scene, on, fmt.Sprintf("%.2f of the bare SELECT", aimMeSelect), "%.2f", lookup)
			}
		case opLogin:
			hash := of(limitHash).Median
			aim(hash >= aimLogin, scene, on, fmt.Sprintf("%.2f of the bare hash", aimLogin), "%.2f", hash)
		case opRefresh:
			transaction, perCore := of(limitTransaction).Median, f.PerSecond/float64(r.CPUs)
			aim(transaction >= aimRefresh || perCore >= aimRefreshRate, scene, on,
				fmt.Sprintf("%.2f of a bare transaction, or %d/s per core", aimRefresh, aimRefreshRate), "%.2f; %.0f/s per core", transaction, perCore)
		}
	}
	for _, f := range r.Footprints {
		aim(f.Start < aimStart, sceneOf(sceneStart, f.Database), "start, "+f.Database, fmt.Sprintf("under %d ms", aimStart), "%.0f ms", f.Start)
		aim(f.Memory*megabytes < aimIdle, sceneOf(sceneIdle, f.Database), "idle memory, "+f.Database, fmt.Sprintf("under %d MB", aimIdle), "%.0f MB", f.Memory*megabytes)
	}
	for _, o := range r.Overloads {
		on, scene := "flood of logins, "+o.Database, sceneOf(sceneFlood, o.Database)
		aim(o.AdmittedP99 <= aimAdmitted, scene, on, fmt.Sprintf("admitted within %d ms (p99)", aimAdmitted), "%.0f ms", o.AdmittedP99)
		aim(o.MeP99 < aimMeFlooded && o.Admitted >= aimFlood*o.Hashes, scene, on,
			fmt.Sprintf("me under %d ms (p99) and %.1f of the bare hash admitted", aimMeFlooded, aimFlood), "%.0f ms; %.2f", o.MeP99, o.Admitted/o.Hashes)
		most := aimIdle + hashMegabytes*float64(runtime.GOMAXPROCS(0))
		aim(o.MemoryPeak*megabytes < most, scene, on, fmt.Sprintf("under %.0f MB: %d and the hashes", most, aimIdle), "%.0f MB", o.MemoryPeak*megabytes)
	}
	for _, s := range largest(r.Scale) {
		aim(s.Time <= aimScale, s.scene(), fmt.Sprintf("%s with %d users, %s", s.Operation, s.Users, s.Database), fmt.Sprintf("%.1f times the time with the fewest", aimScale), "%.2f times", s.Time)
	}
	for _, s := range largest(r.Replicas) {
		aim(s.Time <= aimReplicas, s.scene(), fmt.Sprintf("%s with %d replicas", s.Operation, s.Replicas), "not slower than with one", "%.2f times the time", s.Time)
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
