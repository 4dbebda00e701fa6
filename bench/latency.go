package main

import "slices"

// enoughForP99 is how many requests make a p99 that ten of them decide, and not one.
const enoughForP99 = 1000

// Latency is how long requests took at a constant rate, in milliseconds, measured in several stretches.
type Latency struct {
	P50 float64 `json:"p50Milliseconds"`
	P95 float64 `json:"p95Milliseconds"`
	P99 float64 `json:"p99Milliseconds"`
	// The p99 of the best and of the worst stretch.
	P99Low    float64 `json:"p99LowMilliseconds"`
	P99High   float64 `json:"p99HighMilliseconds"`
	Requests  int     `json:"requestsPerStretch"` // at least
	Stretches int     `json:"stretches"`
	// Together: the stretches have too few requests for a p99 of each. The percentiles are those of all
	// requests, and not the medians of the stretches, of which a single bad one decides nothing.
	Together bool `json:"together"`
}

// newLatency returns what to tell of the stretches.
func newLatency(stretches []latencies) *Latency {
	var p50s, p95s, p99s []float64
	var all latencies
	l := &Latency{Stretches: len(stretches), Requests: len(stretches[0])}
	for _, s := range stretches {
		l.Requests = min(l.Requests, len(s))
		all = append(all, s...)
		p50s, p95s, p99s = append(p50s, milliseconds(s.at(0.50))), append(p95s, milliseconds(s.at(0.95))), append(p99s, milliseconds(s.at(0.99)))
	}
	l.P99Low, l.P99High = slices.Min(p99s), slices.Max(p99s)
	if l.Requests < enoughForP99 {
		l.Together = true
		l.P50, l.P95, l.P99 = milliseconds(all.at(0.50)), milliseconds(all.at(0.95)), milliseconds(all.at(0.99))
		return l
	}
	l.P50, l.P95, l.P99 = median(p50s), median(p95s), median(p99s)
	return l
}
