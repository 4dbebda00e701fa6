package main

import (
	"context"
	"errors"
	"fmt"

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
}

// variant is a way to run the same operation.
type variant struct {
	scaled    *Scaled
	addresses []string
	do        *operation
}

// compare saturates the variants in turn, round by round, and compares all with the first.
func (b *bench) compare(ctx context.Context, variants []variant) error {
	rates := make([][]float64, len(variants))
	for round := range b.plan.rounds + 1 {
		for i, v := range variants {
			rate, err := saturate(ctx, v.addresses, v.do, b.plan.connections, b.plan.round)
			if err != nil {
				return err
			}
			if round > 0 { // the first fills the caches
				rates[i] = append(rates[i], rate)
			}
		}
	}
	for i, v := range variants {
		v.scaled.PerSecond = median(rates[i])
		v.scaled.Time = ratio("", rates[0], rates[i]).Median
		b.say("%s: %-14s %7d users, %d replicas: %8.0f/s, %.2f times the time", v.scaled.Database, v.scaled.Operation, v.scaled.Users, v.scaled.Replicas, v.scaled.PerSecond, v.scaled.Time)
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
	byOperation := map[string][]variant{}
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
		opaque, err := b.startServer(ctx, url)
		if err != nil {
			return err
		}
		signed, err := b.startServer(ctx, url, "LATCHKEY_ACCESS_TOKEN=jwt")
		if err != nil {
			return err
		}
		for _, v := range []variant{
			{do: me(opMe, bearer, people.Tokens), addresses: []string{opaque.address}},
			{do: sessions(people.Tokens), addresses: []string{opaque.address}},
			{do: login(people.Emails), addresses: []string{opaque.address}},
			{do: refresh(people.Refresh), addresses: []string{signed.address}},
		} {
			v.scaled = &Scaled{Database: kind, Operation: v.do.name, Users: users, Replicas: 1}
			byOperation[v.do.name] = append(byOperation[v.do.name], v)
		}
	}
	for _, name := range allOperations {
		variants := byOperation[name]
		if len(variants) == 0 {
			continue
		}
		if err := b.compare(ctx, variants); err != nil {
			return err
		}
		for _, v := range variants {
			b.result.Scale = append(b.result.Scale, v.scaled)
		}
	}
	return nil
}

// replicas compares numbers of replicas on one Postgres.
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
	var opaque, signed []string
	byOperation := map[string][]variant{}
	for _, n := range b.plan.replicas {
		for len(opaque) < n {
			p, err := b.startServer(ctx, url)
			if err != nil {
				return err
			}
			s, err := b.startServer(ctx, url, "LATCHKEY_ACCESS_TOKEN=jwt")
			if err != nil {
				return err
			}
			opaque, signed = append(opaque, p.address), append(signed, s.address)
		}
	}
	rotating := refresh(people.Refresh)
	for _, n := range b.plan.replicas {
		for _, v := range []variant{
			{do: me(opMe, bearer, people.Tokens), addresses: opaque[:n]},
			{do: login(people.Emails), addresses: opaque[:n]},
			{do: rotating, addresses: signed[:n]},
		} {
			v.scaled = &Scaled{Database: postgres, Operation: v.do.name, Users: b.plan.users, Replicas: n}
			byOperation[v.do.name] = append(byOperation[v.do.name], v)
		}
	}
	for _, name := range allOperations {
		variants := byOperation[name]
		if len(variants) == 0 {
			continue
		}
		if err := b.compare(ctx, variants); err != nil {
			return err
		}
		for _, v := range variants {
			b.result.Replicas = append(b.result.Replicas, v.scaled)
		}
	}
	return nil
}
