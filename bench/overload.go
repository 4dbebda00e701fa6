package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/latchkey-auth/latchkey/bench/seed"
)

// Overload is what becomes of a server that is asked for ten times the logins that the machine can hash.
type Overload struct {
	Database    string  `json:"database"`
	Hashes      float64 `json:"hashesPerSecond"`  // of the bare hash
	Offered     float64 `json:"offeredPerSecond"` // what was sent, which is less than planned if the machine cannot
	Admitted    float64 `json:"admittedPerSecond"`
	AdmittedP99 float64 `json:"admittedP99Milliseconds"`
	RefusedP99  float64 `json:"refusedP99Milliseconds"`
	MeP50       float64 `json:"meP50Milliseconds"` // meanwhile
	MeP99       float64 `json:"meP99Milliseconds"`
	MemoryIdle  float64 `json:"memoryIdleMiB"`
	MemoryPeak  float64 `json:"memoryPeakMiB"`
	MemoryAfter float64 `json:"memoryAfterMiB"` // some seconds later

	planned float64 // a second
}

const (
	floodTimes = 10  // the capacity
	meRate     = 200 // a second, beside the flood
)

// overload floods a server with logins.
func (b *bench) overload(ctx context.Context) error {
	if !b.wanted("overload") {
		return nil
	}
	for _, kind := range b.databases() {
		if err := errors.Join(b.flood(ctx, kind), b.stopAll(0)); err != nil {
			return fmt.Errorf("overload, on %s: %w", kind, err)
		}
	}
	return nil
}

func (b *bench) flood(ctx context.Context, kind string) error {
	url, err := b.newDatabase(kind)
	if err != nil {
		return err
	}
	people, err := seed.Fill(ctx, url, b.plan.users, b.plan.sample)
	if err != nil {
		return err
	}
	hashes, err := ofHashes()
	if err != nil {
		return err
	}
	o := &Overload{Database: kind}
	if o.Hashes, err = hashes.rate(ctx, b.plan.alone); err != nil {
		return err
	}
	p, err := b.startServer(ctx, url)
	if err != nil {
		return err
	}
	idle(ctx, b.plan.alone)
	before, _, err := memory(p.pid())
	if err != nil {
		return err
	}
	if err := forgetPeak(p.pid()); err != nil {
		return err
	}

	o.planned = floodTimes * o.Hashes
	var asked *timed
	ended := make(chan error, 1)
	go func() {
		var err error
		asked, err = atRate(ctx, p.address, me(opMe, bearer, people.Tokens), 32, meRate, b.plan.overload)
		ended <- err
	}()
	flood, err := atRate(ctx, p.address, login(people.Emails), 256, o.planned, b.plan.overload)
	if err = errors.Join(err, <-ended); err != nil {
		return err
	}
	_, peak, err := memory(p.pid())
	if err != nil {
		return err
	}
	again, err := hashes.rate(ctx, b.plan.alone)
	if err != nil {
		return err
	}
	o.Hashes = (o.Hashes + again) / 2
	idle(ctx, b.plan.after)
	after, _, err := memory(p.pid())
	if err != nil {
		return err
	}

	const mebibyte = 1 << 20
	o.MemoryIdle, o.MemoryPeak, o.MemoryAfter = float64(before)/mebibyte, float64(peak)/mebibyte, float64(after)/mebibyte
	o.Offered = flood.sent()
	o.Admitted = float64(len(flood.done)) / flood.took.Seconds() // the last of whom were admitted at the end, and answered later
	o.AdmittedP99, o.RefusedP99 = milliseconds(flood.done.at(0.99)), milliseconds(flood.turnedAway.at(0.99))
	o.MeP50, o.MeP99 = milliseconds(asked.done.at(0.50)), milliseconds(asked.done.at(0.99))
	b.say("%s: of %.0f logins a second %.0f were admitted (hashes: %.0f), p99 %.0f ms, refused p99 %.0f ms, me p99 %.0f ms; memory %.0f, %.0f, %.0f MiB",
		kind, o.Offered, o.Admitted, o.Hashes, o.AdmittedP99, o.RefusedP99, o.MeP99, o.MemoryIdle, o.MemoryPeak, o.MemoryAfter)
	b.result.Overloads = append(b.result.Overloads, o)
	return nil
}

// sent returns how many requests were sent a second.
func (t *timed) sent() float64 { return float64(len(t.done)+len(t.turnedAway)) / t.took.Seconds() }
