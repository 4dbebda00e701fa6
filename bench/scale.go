package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/latchkey-auth/latchkey/bench/seed"
)

// Scaled is how fast an operation is on a database of a size, or with so many replicas.
type Scaled struct {
	Database  string  `json:"database"`
	Operation string  `json:"operation"`
	Users     int     `json:"users"`
	Replicas  int     `json:"replicas"`
	PerSecond float64 `json:"perSecond"`
	// Time is how much longer it takes than with the smallest database, or with one replica.
	Time float64 `json:"time"`
	Low  float64 `json:"low"` // of the rounds
	High float64 `json:"high"`
}

// scene names what it is of.
func (s *Scaled) scene() string {
	if s.Replicas > 1 {
		return sceneOf(fmt.Sprintf("%s with %d replicas", s.Operation, s.Replicas), s.Database)
	}
	return sceneOf(fmt.Sprintf("%s with %d users", s.Operation, s.Users), s.Database)
}

// variant is a way to run the same operation.
type variant struct {
	scaled    *Scaled
	addresses []string
	do        *operation
}

// compare saturates the variants in turn, round by round, and compares all with the first.
func (b *bench) compare(ctx context.Context, variants []variant) error {
	filled := map[string]bool{}
	for _, v := range variants {
		for _, address := range v.addresses {
			if filled[address] {
				continue
			}
			if err := fill(ctx, []string{address}, v.do, b.plan.connections); err != nil {
				return err
			}
			filled[address] = true
		}
	}
	if err := b.settle(ctx); err != nil {
		return err
	}
	var contenders []limit
	for _, v := range variants {
		contenders = append(contenders, limit{name: v.do.name, rate: func(ctx context.Context, d time.Duration) (float64, error) {
			return saturate(ctx, v.addresses, v.do, b.plan.connections, d)
		}})
	}
	rates, err := b.inTurns(ctx, contenders...)
	if err != nil {
		return err
	}
	for i, v := range variants {
		v.scaled.PerSecond = median(rates[i])
		longer := ratio("", rates[0], rates[i])
		v.scaled.Time, v.scaled.Low, v.scaled.High = longer.Median, longer.Low, longer.High
		b.say("%s: %-19s %7d users, %d replicas: %8.0f/s, %.2f times the time", v.scaled.Database, v.scaled.Operation, v.scaled.Users, v.scaled.Replicas, v.scaled.PerSecond, v.scaled.Time)
	}
	return nil
}

// scale compares databases of different sizes.
func (b *bench) scale(ctx context.Context) error {
	if !b.wanted("scale") {
		return nil
	}
	for _, kind := range b.databases() {
		if err := errors.Join(b.scaleOn(ctx, kind), b.stopAll(0)); err != nil {
			return fmt.Errorf("scale, on %s: %w", kind, err)
		}
	}
	return nil
}

func (b *bench) scaleOn(ctx context.Context, kind string) error {
	var urls []string
	var populations []*seed.Seeded
	for _, users := range b.plan.scales {
		url, err := b.newDatabase(kind)
		if err != nil {
			return err
		}
		people, err := seed.Fill(ctx, url, users, b.plan.sample)
		if err != nil {
			return err
		}
		b.say("%s: seeded %d users with %d sessions each in %.0f s", kind, users, seed.SessionsPerUser, people.Duration.Seconds())
		urls, populations = append(urls, url), append(populations, people)
	}
	// As many sessions are in use with many users as with few: else the cache would make the difference.
	inUse := min(b.plan.inUse, slices.Min(b.plan.scales))
	for _, of := range []struct {
		settings []string
		do       func(*seed.Seeded) []*operation
	}{
		{nil, func(people *seed.Seeded) []*operation {
			return []*operation{me(opMe, bearer, people.Tokens[:inUse]), sessions(people.Tokens[:inUse]), login(people.Emails)}
		}},
		{[]string{uncached}, func(people *seed.Seeded) []*operation { return []*operation{lookUp(people.Tokens)} }},
		{[]string{signing}, func(people *seed.Seeded) []*operation { return []*operation{refresh(people.Refresh)} }},
	} {
		compared := comparison{}
		for i, people := range populations {
			p, err := b.startServer(ctx, urls[i], of.settings...)
			if err != nil {
				return err
			}
			for _, do := range of.do(people) {
				s := &Scaled{Database: kind, Operation: do.name, Users: people.Users, Replicas: 1}
				compared.add(s, do, p.address)
				b.remember(s.scene(), b.saturated(urls[i], do, 1, of.settings...))
			}
		}
		all, err := b.compareAll(ctx, compared)
		if err = errors.Join(err, b.stopAll(0)); err != nil {
			return err
		}
		b.result.Scale = append(b.result.Scale, all...)
	}
	return nil
}

// replicas compares numbers of replicas on one Postgres, each with a cache of its own.
func (b *bench) replicas(ctx context.Context) (err error) {
	if b.postgres == nil || !b.wanted("replicas") {
		return nil
	}
	defer func() { err = errors.Join(err, b.stopAll(0)) }()
	url, err := b.newDatabase(postgres)
	if err != nil {
		return err
	}
	people, err := seed.Fill(ctx, url, b.plan.users, b.plan.sample)
	if err != nil {
		return err
	}
	inUse := people.Tokens[:min(b.plan.inUse, len(people.Tokens))]
	for _, of := range []struct {
		settings []string
		do       []*operation
	}{
		{nil, []*operation{me(opMe, bearer, inUse), ending(inUse, people.Spare), login(people.Emails)}},
		{[]string{signing}, []*operation{refresh(people.Refresh)}},
	} {
		var addresses []string
		for range slices.Max(b.plan.replicas) {
			p, err := b.startServer(ctx, url, of.settings...)
			if err != nil {
				return err
			}
			addresses = append(addresses, p.address)
		}
		compared := comparison{}
		for _, n := range b.plan.replicas {
			for _, do := range of.do {
				s := &Scaled{Database: postgres, Operation: do.name, Users: people.Users, Replicas: n}
				compared.add(s, do, addresses[:n]...)
				b.remember(s.scene(), b.saturated(url, do, n, of.settings...))
			}
		}
		all, err := b.compareAll(ctx, compared)
		if err = errors.Join(err, b.stopAll(0)); err != nil {
			return err
		}
		b.result.Replicas = append(b.result.Replicas, all...)
	}
	return nil
}

// comparison holds the variants of each operation.
type comparison map[string][]variant

func (c comparison) add(s *Scaled, do *operation, addresses ...string) {
	c[do.name] = append(c[do.name], variant{s, addresses, do})
}

// compareAll compares the variants of each operation, one operation after the other.
func (b *bench) compareAll(ctx context.Context, compared comparison) (all []*Scaled, err error) {
	for _, name := range allOperations {
		variants := compared[name]
		if len(variants) == 0 {
			continue
		}
		if err := b.compare(ctx, variants); err != nil {
			return nil, err
		}
		for _, v := range variants {
			all = append(all, v.scaled)
		}
	}
	return all, nil
}
