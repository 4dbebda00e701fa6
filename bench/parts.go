package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/latchkey-auth/latchkey/bench/bare"
	"github.com/latchkey-auth/latchkey/bench/seed"
)

// The operations that have a name of their own.
const (
	opMe       = "me"
	opUncached = "me, uncached"
	opEnding   = "me, sessions ending" // with replicas only
	opCookie   = "me, cookie"
	opJWT      = "me, JWT"
	opLogin    = "login"
	opRefresh  = "refreshSession"
)

// allOperations are in the order of the tables.
var allOperations = []string{opMe, opUncached, opCookie, opJWT, "sessions", opLogin, "register", opRefresh, "logout", opEnding}

// The settings of servers that differ from what is shipped.
const (
	uncached = "LATCHKEY_SESSION_CACHE=0"
	signing  = "LATCHKEY_ACCESS_TOKEN=jwt"
)

// operations measures each operation on each database.
func (b *bench) operations(ctx context.Context) error {
	if !slices.ContainsFunc(allOperations, b.wanted) {
		return nil
	}
	for _, kind := range b.databases() {
		err := b.operationsOn(ctx, kind)
		if err = errors.Join(err, b.stopAll(0)); err != nil {
			return fmt.Errorf("on %s: %w", kind, err)
		}
	}
	return nil
}

func (b *bench) operationsOn(ctx context.Context, kind string) (err error) {
	url, err := b.newDatabase(kind)
	if err != nil {
		return err
	}
	b.say("%s: seeding %d users", kind, b.plan.users)
	people, err := seed.Fill(ctx, url, b.plan.users, b.plan.sample)
	if err != nil {
		return err
	}
	limits, closing, err := b.limits(ctx, url, people)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, closing()) }()
	limited := len(b.started)
	signed, err := b.startServer(ctx, url, signing)
	if err != nil {
		return err
	}
	forJWT := people.Refresh[:min(b.plan.withJWT, len(people.Refresh)/2)]
	tokens, err := jwts(ctx, signed.address, forJWT)
	if err = errors.Join(err, b.stopAll(limited)); err != nil {
		return err
	}
	inUse := people.Tokens[:min(b.plan.inUse, len(people.Tokens))]

	for _, measured := range []struct {
		do       *operation
		limits   []string
		settings []string
	}{
		{me(opMe, bearer, inUse), []string{limitGraphQL, limitRoomy, limitSelect}, nil},
		{me(opUncached, bearer, inUse), []string{limitGraphQL, limitSelect}, []string{uncached}},
		{me(opCookie, cookie, inUse), []string{limitGraphQL, limitSelect}, nil},
		{me(opJWT, bearer, tokens), []string{limitGraphQL, limitSelect}, []string{signing}},
		{sessions(inUse), []string{limitSelect}, nil},
		{login(people.Emails), []string{limitHash}, nil},
		{register(), []string{limitHash}, nil},
		{refresh(people.Refresh[len(forJWT):]), []string{limitTransaction, limitServed}, []string{signing}},
		{logout(people.Spare), []string{limitTransaction, limitServed}, nil},
	} {
		if !b.wanted(measured.do.name) {
			continue
		}
		var against []limit
		for _, name := range measured.limits {
			against = append(against, limits[name])
		}
		// A server of its own: it has no memory of another operation, and no other writes to its database.
		p, err := b.startServer(ctx, url, measured.settings...)
		if err != nil {
			return err
		}
		f, err := b.figures(ctx, p, kind, measured.do, against...)
		if err = errors.Join(err, b.stopAll(limited)); err != nil {
			return err
		}
		b.say("%s: %-14s %8.0f/s, %.2f of the %s", kind, f.Operation, f.PerSecond, f.Ratios[0].Median, f.Ratios[0].Limit)
		b.result.Operations = append(b.result.Operations, f)
		b.remember(sceneOf(f.Operation, kind), b.saturated(url, measured.do, 1, measured.settings...))
	}
	return nil
}

// limits starts what the operations are compared with.
func (b *bench) limits(ctx context.Context, url string, people *seed.Seeded) (limits map[string]limit, closing func() error, err error) {
	hashes, err := ofHashes()
	if err != nil {
		return nil, nil, err
	}
	transactions, err := bare.OpenTransactions(ctx, url)
	if err != nil {
		return nil, nil, err
	}
	limits = map[string]limit{limitHash: hashes, limitTransaction: b.ofTransactions(transactions)}
	tokens := around(people.Tokens)
	for name, l := range map[string]struct{ kind, contains string }{
		limitGraphQL: {bare.GraphQL, `"email":"user-`},
		limitRoomy:   {bare.Roomy, `"email":"user-`},
		limitSelect:  {bare.Select, `"found":"127`},
		limitServed:  {bare.Transaction, `"found":"done`},
	} {
		p, err := b.startBare(ctx, l.kind, url)
		if err != nil {
			return nil, nil, errors.Join(err, transactions.Close())
		}
		limits[name] = b.ofServer(name, p, work(name, l.contains, tokens))
	}
	return limits, transactions.Close, nil
}

// Footprint is what a server needs that nobody asks anything.
type Footprint struct {
	Database string  `json:"database"`
	Start    float64 `json:"startMilliseconds"` // on a database that exists, until the first answer
	Memory   float64 `json:"memoryMiB"`
}

// footprint starts servers on databases that exist.
func (b *bench) footprint(ctx context.Context) error {
	if !b.wanted("footprint") {
		return nil
	}
	for _, kind := range b.databases() {
		url, err := b.newDatabase(kind)
		if err != nil {
			return err
		}
		if _, err := seed.Fill(ctx, url, 1000, 1); err != nil {
			return err
		}
		var starts, memories []float64
		for range b.plan.starts {
			p, err := b.startServer(ctx, url)
			if err != nil {
				return err
			}
			idle(ctx, b.plan.alone)
			now, _, err := memory(p.pid())
			if err = errors.Join(err, b.stopAll(0)); err != nil {
				return err
			}
			starts, memories = append(starts, milliseconds(p.startup)), append(memories, float64(now)/(1<<20))
		}
		f := &Footprint{Database: kind, Start: median(starts), Memory: median(memories)}
		b.say("%s: starts in %.0f ms, idles at %.1f MiB", kind, f.Start, f.Memory)
		b.result.Footprints = append(b.result.Footprints, f)
		b.remember(sceneOf(sceneStart, kind), scene{database: url, begins: true})
		b.remember(sceneOf(sceneIdle, kind), scene{database: url})
	}
	return nil
}

// idle lets a server be idle for a while, which is what is measured then.
func idle(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-timer.C:
	}
}
