package main

import (
	"context"
	"errors"
	"fmt"
	"os"
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
	LimitLow       float64 `json:"limitLow"` // of the rounds: how even the machine was
	LimitHigh      float64 `json:"limitHigh"`
	Median         float64 `json:"median"`
	Low            float64 `json:"low"` // of the rounds
	High           float64 `json:"high"`
}

// Figures are what was measured of an operation.
type Figures struct {
	Operation   string   `json:"operation"`
	Database    string   `json:"database"`
	PerSecond   float64  `json:"perSecond"` // at saturation
	Ratios      []Ratio  `json:"ratios"`
	Rate        float64  `json:"rate"` // a second, at which the rest was measured
	Latency     *Latency `json:"latency"`
	Beside      *Latency `json:"latencyOfItsLimit,omitempty"`   // at the same rate, in turns
	Refused     int      `json:"refused"`                       // of them; none should be
	CPU         float64  `json:"cpuMicrosecondsPerRequest"`     // of the server, not of the database
	LoadCPU     float64  `json:"loadCPUMicrosecondsPerRequest"` // of the load, on the same processors
	Allocations float64  `json:"allocationsPerRequest"`
	Allocated   float64  `json:"allocatedBytesPerRequest"`
	Memory      float64  `json:"memoryMiB"` // the most the server had
}

// limit is what an operation cannot be faster than.
type limit struct {
	name    string
	rate    func(ctx context.Context, d time.Duration) (perSecond float64, err error)
	address string     // of the server that it is; empty: it is none
	do      *operation // what is asked of that
}

// inTurns runs contenders one after the other, round by round, and returns what each did a second, by
// round. Each second round goes backwards, so that none always runs behind the same one. A round before
// them does not count: in it connections are made, statements prepared and caches filled.
func (b *bench) inTurns(ctx context.Context, contenders ...limit) ([][]float64, error) {
	rates := make([][]float64, len(contenders))
	for round := range b.plan.rounds + 1 {
		d := b.plan.round
		if round == 0 {
			d /= 2
		}
		for i := range contenders {
			if round%2 == 1 {
				i = len(contenders) - 1 - i
			}
			rate, err := contenders[i].rate(ctx, d)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", contenders[i].name, err)
			}
			if round > 0 {
				rates[i] = append(rates[i], rate)
			}
		}
	}
	return rates, nil
}

// figures measures an operation of a server: rounds in which it and its limits are saturated in turn, so
// that what else the machine does falls on all, and then its latencies at half of its rate.
func (b *bench) figures(ctx context.Context, p *process, database string, o *operation, limits ...limit) (*Figures, error) {
	f := &Figures{Operation: o.name, Database: database}
	if err := fill(ctx, []string{p.address}, o, b.plan.connections); err != nil {
		return nil, err
	}
	if err := b.settle(ctx); err != nil {
		return nil, err
	}
	if err := forgetPeak(p.pid()); err != nil {
		return nil, err
	}
	rates, err := b.inTurns(ctx, append(limits, b.ofServer(o.name, p, o))...)
	if err != nil {
		return nil, err
	}
	own := rates[len(limits)]
	f.PerSecond = median(own)
	for i, l := range limits {
		f.Ratios = append(f.Ratios, ratio(l.name, own, rates[i]))
	}
	_, peak, err := memory(p.pid())
	if err != nil {
		return nil, err
	}
	f.Memory = float64(peak) / (1 << 20)
	if o.name == opMe { // whose spread has a target
		return f, b.atHalf(ctx, p, o, f, limits[:1]...)
	}
	return f, b.atHalf(ctx, p, o, f)
}

// settle returns when no server has anything to do any more, such as mail of the operation before, or
// after some seconds.
func (b *bench) settle(ctx context.Context) error {
	const quiet = 20 * time.Millisecond // of processor time: the system counts in ten
	before, err := b.cpuOfAll()
	for ends := time.Now().Add(20 * b.plan.look); err == nil && ctx.Err() == nil && time.Now().Before(ends); {
		idle(ctx, b.plan.look)
		var now time.Duration
		if now, err = b.cpuOfAll(); now-before <= quiet {
			break
		}
		before = now
	}
	return errors.Join(err, ctx.Err())
}

// cpuOfAll returns the processor time of all servers and limits that run.
func (b *bench) cpuOfAll() (all time.Duration, err error) {
	for _, p := range b.started {
		one, err := cpuTime(p.pid())
		if err != nil {
			return 0, err
		}
		all += one
	}
	return all, nil
}

// atHalf measures latencies and costs at half of the rate at saturation, in stretches that are long
// enough for a p99, if that is not too long; and of a limit beside it, at the same rate: what the machine
// and the load do to latencies falls on both.
func (b *bench) atHalf(ctx context.Context, p *process, o *operation, f *Figures, beside ...limit) error {
	f.Rate = f.PerSecond / 2
	enough := time.Duration(enoughForP99 / f.Rate * 1.02 * float64(time.Second))
	long := min(max(enough, b.plan.stretch), b.plan.longest)
	var stretches, besides []latencies
	n, used, load := 0.0, usage{}, time.Duration(0)
	for range b.plan.stretches {
		for _, l := range beside {
			t, err := atRate(ctx, l.address, l.do, 4*b.plan.connections, f.Rate, long)
			if err != nil {
				return fmt.Errorf("%s: %w", l.name, err)
			}
			besides = append(besides, t.done)
		}
		t, spent, err := spent(ctx, p, func() (*timed, error) {
			return atRate(ctx, p.address, o, 4*b.plan.connections, f.Rate, long)
		})
		if err != nil {
			return err
		}
		used, load = used.plus(spent.server), load+spent.load
		stretches = append(stretches, t.done)
		n += float64(len(t.done))
		f.Refused += len(t.turnedAway)
	}
	if n == 0 {
		return fmt.Errorf("%s: everything was refused at half of the rate", o.name)
	}
	f.Latency = newLatency(stretches)
	if len(besides) > 0 {
		f.Beside = newLatency(besides)
	}
	f.CPU, f.LoadCPU = float64(used.cpu.Microseconds())/n, float64(load.Microseconds())/n
	f.Allocations, f.Allocated = used.allocations/n, used.heapped/n
	return nil
}

// expense is what something took, of the server and of the load.
type expense struct {
	server usage
	load   time.Duration
}

// spent returns what doing something took.
func spent(ctx context.Context, p *process, do func() (*timed, error)) (*timed, expense, error) {
	load, err := cpuTime(os.Getpid())
	if err != nil {
		return nil, expense{}, err
	}
	before, err := p.usage(ctx)
	if err != nil {
		return nil, expense{}, err
	}
	t, err := do()
	if err != nil {
		return nil, expense{}, err
	}
	after, err := p.usage(ctx)
	if err != nil {
		return nil, expense{}, err
	}
	loaded, err := cpuTime(os.Getpid())
	return t, expense{server: after.minus(before), load: loaded - load}, err
}

// ratio compares the rounds of something with those of its limit.
func ratio(name string, own, limits []float64) Ratio {
	ratios := make([]float64, len(own))
	for i := range own {
		ratios[i] = own[i] / limits[i]
	}
	return Ratio{
		Limit: name, LimitPerSecond: median(limits), LimitLow: slices.Min(limits), LimitHigh: slices.Max(limits),
		Median: median(ratios), Low: slices.Min(ratios), High: slices.Max(ratios),
	}
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
	return limit{name: name, address: p.address, do: o, rate: func(ctx context.Context, d time.Duration) (float64, error) {
		return saturate(ctx, []string{p.address}, o, b.plan.connections, d)
	}}
}

// The names of limits.
const (
	limitHash        = "password hash"
	limitGraphQL     = "bare gqlgen"
	limitRoomy       = "bare gqlgen, as much room for garbage"
	limitSelect      = "bare SELECT"
	limitTransaction = "bare transaction"
	limitServed      = "bare transaction behind HTTP"
)

// ofHashes is the limit of what hashes a password: nothing but hashes, on all processors.
func ofHashes() (limit, error) {
	cpus := runtime.GOMAXPROCS(0)
	hasher, err := secret.NewHasher(secret.DefaultParams, secret.WithLimits(cpus, cpus, time.Minute))
	return limit{name: limitHash, rate: func(ctx context.Context, d time.Duration) (float64, error) {
		return repeat(ctx, cpus, d, func(ctx context.Context) error {
			_, err := hasher.Hash(ctx, seed.Password)
			return err
		})
	}}, err
}

// ofTransactions is the limit of what changes two rows, without a server in front.
func (b *bench) ofTransactions(t *bare.Transactions) limit {
	return limit{name: limitTransaction, rate: func(ctx context.Context, d time.Duration) (float64, error) {
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
