package authtest

import (
	"context"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

// Observe returns the store, with before called ahead of each of its methods, also in transactions,
// by the name of the method. It changes no argument and no result. Before "InTx" there is no
// transaction yet, so that what before does then, others have done in between.
func Observe(store auth.Store, before func(method string)) auth.Store {
	return &observed{to: store, enter: func(ctx context.Context, method string) context.Context {
		before(method)
		return ctx
	}}
}

// Interrupt returns the store, of which the call with this number, counted from 1 and also in
// transactions, is interrupted, as by an outage that is over at once; and how to ask whether there
// was such a call.
func Interrupt(store auth.Store, number int) (interrupted auth.Store, happened func() bool) {
	calls := 0
	return &observed{to: store, enter: func(ctx context.Context, _ string) context.Context {
		if calls++; calls != number {
			return ctx
		}
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		return ctx
	}}, func() bool { return calls >= number }
}

// observed is a store that calls enter ahead of each method.
type observed struct {
	to    auth.Store
	enter func(ctx context.Context, method string) context.Context
}

// observedTx is a transaction of it.
type observedTx struct {
	to    auth.Tx
	enter func(ctx context.Context, method string) context.Context
}

//go:generate go run ../observegen

func (o *observed) InTx(ctx context.Context, fn func(tx auth.Tx) error) error {
	return o.to.InTx(o.enter(ctx, "InTx"), func(tx auth.Tx) error {
		return fn(&observedTx{to: tx, enter: o.enter})
	})
}

// observedPasskeys and the others are parts of a transaction, or of a store.
type (
	observedPasskeys struct {
		to    auth.PasskeyTx
		enter func(ctx context.Context, method string) context.Context
	}
	observedProviders struct {
		to    auth.ProviderTx
		enter func(ctx context.Context, method string) context.Context
	}
	observedInvitations struct {
		to    auth.InvitationTx
		enter func(ctx context.Context, method string) context.Context
	}
	observedEvents struct {
		to    auth.EventTx
		enter func(ctx context.Context, method string) context.Context
	}
	observedAdministration struct {
		to    auth.AdminTx
		enter func(ctx context.Context, method string) context.Context
	}
	observedImports struct {
		to    auth.ImportTx
		enter func(ctx context.Context, method string) context.Context
	}
)

func (o *observed) Passkeys() auth.PasskeyTx {
	return &observedPasskeys{to: o.to.Passkeys(), enter: o.enter}
}

func (o *observedTx) Passkeys() auth.PasskeyTx {
	return &observedPasskeys{to: o.to.Passkeys(), enter: o.enter}
}

func (o *observed) Providers() auth.ProviderTx {
	return &observedProviders{to: o.to.Providers(), enter: o.enter}
}

func (o *observedTx) Providers() auth.ProviderTx {
	return &observedProviders{to: o.to.Providers(), enter: o.enter}
}

func (o *observed) Administration() auth.AdminTx {
	return &observedAdministration{to: o.to.Administration(), enter: o.enter}
}

func (o *observedTx) Administration() auth.AdminTx {
	return &observedAdministration{to: o.to.Administration(), enter: o.enter}
}

func (o *observed) Imports() auth.ImportTx {
	return &observedImports{to: o.to.Imports(), enter: o.enter}
}

func (o *observedTx) Imports() auth.ImportTx {
	return &observedImports{to: o.to.Imports(), enter: o.enter}
}

func (o *observed) Invitations() auth.InvitationTx {
	return &observedInvitations{to: o.to.Invitations(), enter: o.enter}
}

func (o *observedTx) Invitations() auth.InvitationTx {
	return &observedInvitations{to: o.to.Invitations(), enter: o.enter}
}

func (o *observed) Events() auth.EventTx {
	return &observedEvents{to: o.to.Events(), enter: o.enter}
}

func (o *observedTx) Events() auth.EventTx {
	return &observedEvents{to: o.to.Events(), enter: o.enter}
}
