package auth

import "context"

// Observer is told what happens in the domain, to count it. It is told acts and outcomes, never
// whose: what it is given may be shown to whoever watches the server. Its methods are called by many
// at once and must return at once.
type Observer interface {
	// Acted is called for each event of the audit trail once it is certain, after the transaction
	// that writes it; one that was undone or run again is told once or not at all. Act and
	// outcome are closed sets.
	Acted(act Act, outcome string)
	// Limited is called for each attempt that a limit refused, with the name of the limit, which is
	// a constant of the program.
	Limited(limit string)
}

// loginWays are the acts that are attempts to begin a session, and how each is done in one word. A
// feature that adds a way to log in adds its line here.
var loginWays = map[Act]string{actLoggedIn: "password", actLoggedInByCode: "code", actBasic: "basic"}

// LoginWay returns by which way an act is an attempt to log in, and "" if it is none.
func (a Act) LoginWay() string { return loginWays[a] }

// observed returns the store, whose audit events are told to the observer, if there is one.
func observed(store Store, observer Observer) Store {
	if observer == nil {
		return store
	}
	return &observedStore{Store: store, observer: observer}
}

// observedStore tells of the events that it is given.
type observedStore struct {
	Store
	observer Observer
}

type observedAct struct {
	act     Act
	outcome string
}

func (o *observedStore) AddAuditEvent(ctx context.Context, e *AuditEvent) error {
	err := o.Store.AddAuditEvent(ctx, e)
	if err == nil {
		o.observer.Acted(e.Act, e.Outcome)
	}
	return err
}

func (o *observedStore) InTx(ctx context.Context, fn func(tx Store) error) error {
	var acts []observedAct
	err := o.Store.InTx(ctx, func(tx Store) error {
		acts = acts[:0] // it may be run again from the start
		return fn(&observedTx{Store: tx, acts: &acts})
	})
	if err != nil {
		return err
	}
	for _, a := range acts {
		o.observer.Acted(a.act, a.outcome)
	}
	return nil
}

// observedTx is a transaction whose events are remembered until it is committed.
type observedTx struct {
	Store
	acts *[]observedAct
}

func (o *observedTx) AddAuditEvent(ctx context.Context, e *AuditEvent) error {
	err := o.Store.AddAuditEvent(ctx, e)
	if err == nil {
		*o.acts = append(*o.acts, observedAct{e.Act, e.Outcome})
	}
	return err
}

// InTx joins: what happens in it is certain when the transaction around it is.
func (o *observedTx) InTx(ctx context.Context, fn func(tx Store) error) error {
	return o.Store.InTx(ctx, func(tx Store) error { return fn(&observedTx{Store: tx, acts: o.acts}) })
}
