package main

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"time"

	"github.com/latchkey-auth/latchkey/bench/bare"
	"github.com/latchkey-auth/latchkey/bench/seed"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Ratio is how fast something was beside a limit that was measured in turn with it.
type Ratio struct {
	Limit          string  `json:"limit"`
	LimitPerSecond float64 `json:"limitPerSecond"`
	Median         float64 `json:"median"`
	Low            float64 `json:"low"` // of the rounds
	High           float64 `json:"high"`
}

// Figures are what was measured of an operation.
type Figures struct {
	Operation   string  `json:"operation"`
	Database    string  `json:"database"`
	PerSecond   float64 `json:"perSecond"` // at saturation
	Ratios      []Ratio `json:"ratios"`
	Rate        float64 `json:"rate"` // a second, at which the rest was measured
	P50         float64 `json:"p50Milliseconds"`
	P95         float64 `json:"p95Milliseconds"`
	P99         float64 `json:"p99Milliseconds"`
	CPU         float64 `json:"cpuMicrosecondsPerRequest"` // of the server, not of the database
	Allocations float64 `json:"allocationsPerRequest"`
	Allocated   float64 `json:"allocatedBytesPerRequest"`
	Memory      float64 `json:"memoryMiB"` // the most the server had
}

// limit is what an operation cannot be faster than.
type limit struct {
	name string
	rate func(ctx context.Context, d time.Duration) (perSecond float64, err error)
}

// figures measures an operation of a server: rounds in which its limits and it are saturated in turn, so
// that what else the machine does falls on both, and then its latencies at half of its rate.
func (b *bench) figures(ctx context.Context, p *process, database string, o *operation, limits ...limit) (*Figures, error) {
	connections := b.plan.connections
	f := &Figures{Operation: o.name, Database: database}
	var own []float64
	rates := make([][]float64, len(limits))
	// Not counted: connections are made, and statements prepared.
	if _, err := saturate(ctx, []string{p.address}, o, connections, b.plan.round/4); err != nil {
		return nil, err
	}
	if err := forgetPeak(p.pid()); err != nil {
		return nil, err
	}
	for range b.plan.rounds {
		for i, l := range limits {
			rate, err := l.rate(ctx, b.plan.round)
			if err != nil {
				return nil, fmt.Errorf("limit %s: %w", l.name, err)
			}
			rates[i] = append(rates[i], rate)
		}
		rate, err := saturate(ctx, []string{p.address}, o, connections, b.plan.round)
		if err != nil {
			return nil, err
		}
		own = append(own, rate)
	}
	f.PerSecond = median(own)
	for i, l := range limits {
		f.Ratios = append(f.Ratios, ratio(l.name, own, rates[i]))
	}
	_, peak, err := memory(p.pid())
	if err != nil {
		return nil, err
	}
	f.Memory = float64(peak) / (1 << 20)
	return f, b.atHalf(ctx, p, o, f)
}

// atHalf measures latencies and costs at half of the rate at saturation.
func (b *bench) atHalf(ctx context.Context, p *process, o *operation, f *Figures) error {
	f.Rate = f.PerSecond / 2
	before, err := p.usage(ctx)
	if err != nil {
		return err
	}
	t, err := atRate(ctx, p.address, o, 4*b.plan.connections, f.Rate, b.plan.constant)
	if err != nil {
		return err
	}
	after, err := p.usage(ctx)
	if err != nil {
		return err
	}
	if len(t.turnedAway) > 0 {
		return fmt.Errorf("%s: %d requests of %d were refused at half of the rate", o.name, len(t.turnedAway), len(t.done)+len(t.turnedAway))
	}
	f.P50, f.P95, f.P99 = milliseconds(t.done.at(0.50)), milliseconds(t.done.at(0.95)), milliseconds(t.done.at(0.99))
	n := float64(len(t.done))
	f.CPU = float64((after.cpu - before.cpu).Microseconds()) / n
	f.Allocations = (after.allocations - before.allocations) / n
	f.Allocated = (after.heapped - before.heapped) / n
	return nil
}

// ratio compares the rounds of something with those of its limit.
func ratio(name string, own, limits []float64) Ratio {
	ratios := make([]float64, len(own))
	for i := range own {
		ratios[i] = own[i] / limits[i]
	}
	return Ratio{Limit: name, LimitPerSecond: median(limits), Median: median(ratios), Low: slices.Min(ratios), High: slices.Max(ratios)}
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 0 {
		return (sorted[middle-1] + sorted[middle]) / 2
	}
	return sorted[middle]
}

func milliseconds(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// ofServer is a limit that is a program of its own.
func (b *bench) ofServer(name string, p *process, o *operation) limit {
	return limit{name, func(ctx context.Context, d time.Duration) (float64, error) {
		return saturate(ctx, []string{p.address}, o, b.plan.connections, d)
	}}
}

// The names of limits.
const (
	limitHash        = "password hash"
	limitGraphQL     = "bare gqlgen"
	limitSelect      = "bare SELECT"
	limitTransaction = "bare transaction"
	limitServed      = "bare transaction behind HTTP"
)

// ofHashes is the limit of what hashes a password: nothing but hashes, on all processors.
func ofHashes() (limit, error) {
	cpus := runtime.GOMAXPROCS(0)
	hasher, err := secret.NewHasher(secret.DefaultParams, secret.WithLimits(cpus, cpus, time.Minute))
	return limit{limitHash, func(ctx context.Context, d time.Duration) (float64, error) {
		return repeat(ctx, cpus, d, func(ctx context.Context) error {
			_, err := hasher.Hash(ctx, seed.Password)
			return err
		})
	}}, err
}

// ofTransactions is the limit of what changes two rows, without a server in front.
func (b *bench) ofTransactions(t *bare.Transactions) limit {
	return limit{limitTransaction, func(ctx context.Context, d time.Duration) (float64, error) {
		return repeat(ctx, b.plan.connections, d, t.Run)
	}}
}

// repeat does something over and over, so many at once, and returns how often a second it was done.
func repeat(ctx context.Context, atOnce int, d time.Duration, do func(context.Context) error) (perSecond float64, err error) {
	var (
		count    atomic.Int64
		failures = make(chan error, atOnce)
		begun    = time.Now()
		ends     = begun.Add(d)
	)
	for range atOnce {
		go func() {
			for time.Now().Before(ends) {
				if err := do(ctx); err != nil {
					failures <- err
					return
				}
				count.Add(1)
			}
			failures <- nil
		}()
	}
	for range atOnce {
		err = errors.Join(err, <-failures)
	}
	return float64(count.Load()) / time.Since(begun).Seconds(), err
}
