package storetest

import (
	"context"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/provider"
)

// What the suite has of signing in with others.
var (
	_ = newPart("identities", identities)
	_ = newPart("provider flows", providerFlows)
	_ = newPart("pending identities", pendingIdentities)
)

var _ = newHeap(auth.ExpiredProviderFlows, func(t *testing.T, s auth.Store, moment time.Time) func() bool {
	flow := newFlow()
	flow.ExpiresAt = moment
	must(t, s.CreateProviderFlow(t.Context(), flow))
	return func() bool {
		err := s.CreateProviderFlow(t.Context(), flow) // which leaves it, or puts it back for nobody
		return err != nil
	}
})

var _ = newHeap(auth.ExpiredPendingIdentities, func(t *testing.T, s auth.Store, moment time.Time) func() bool {
	pending := newPending()
	pending.ExpiresAt = moment
	must(t, s.CreatePendingIdentity(t.Context(), pending))
	return func() bool {
		_, err := s.PendingIdentity(t.Context(), pending.Digest)
		return found(t, err)
	}
})

var _ = newCalls(map[string]func(ctx context.Context, s rows) error{
	"CreateIdentity": func(ctx context.Context, s rows) error { return s.CreateIdentity(ctx, newIdentity(newID())) },
	"Identity":       func(ctx context.Context, s rows) error { _, err := s.Identity(ctx, "a", "b"); return err },
	"IdentitiesOf":   func(ctx context.Context, s rows) error { _, err := s.IdentitiesOf(ctx, newID()); return err },
	"UseIdentity":    func(ctx context.Context, s rows) error { return s.UseIdentity(ctx, newIdentity(newID())) },
	"DeleteIdentity": func(ctx context.Context, s rows) error { return s.DeleteIdentity(ctx, newID(), newID()) },
	"DeleteIdentities": func(ctx context.Context, s rows) error {
		_, err := s.DeleteIdentities(ctx, newID(), noon)
		return err
	},
	"CreateProviderFlow":    func(ctx context.Context, s rows) error { return s.CreateProviderFlow(ctx, newFlow()) },
	"TakeProviderFlow":      func(ctx context.Context, s rows) error { _, err := s.TakeProviderFlow(ctx, digest()); return err },
	"CreatePendingIdentity": func(ctx context.Context, s rows) error { return s.CreatePendingIdentity(ctx, newPending()) },
	"PendingIdentity":       func(ctx context.Context, s rows) error { _, err := s.PendingIdentity(ctx, digest()); return err },
	"TakePendingIdentity":   func(ctx context.Context, s rows) error { return s.TakePendingIdentity(ctx, digest()) },
})

func newIdentity(user uuid.UUID) *auth.Identity {
	return &auth.Identity{
		ID: newID(), UserID: user, Issuer: "https://id.example", Subject: newID().String(), Provider: "company",
		Email: "ada@example.com", Name: "Ada", CreatedAt: noon, LastUsedAt: noon.Add(time.Hour),
	}
}

func newFlow() *auth.ProviderFlow {
	return &auth.ProviderFlow{
		Digest: digest(), Provider: "company", Sealed: digest(), Challenge: digest(), RedirectURL: "https://app.example/in",
		CreatedAt: noon, ExpiresAt: noon.Add(10 * time.Minute),
	}
}

func newPending() *auth.PendingIdentity {
	return &auth.PendingIdentity{
		Digest: digest(), Challenge: digest(), CreatedAt: noon, ExpiresAt: noon.Add(time.Minute),
		Identity: provider.Identity{
			Provider: "company", Issuer: "https://id.example", Subject: "a1", Email: "ada@example.com", Authoritative: true, Name: "Ada",
			AuthenticatedAt: noon, Profile: map[string]any{"team": "engines", "age": int64(36), "share": 0.5, "lead": true},
		},
	}
}

func identities(t *testing.T, open Open) {
	s := open(t)
	list := func(t *testing.T, user uuid.UUID) []*auth.Identity {
		t.Helper()
		all, err := s.IdentitiesOf(t.Context(), user)
		must(t, err)
		return all
	}

	t.Run("an identity comes back as it was created, by its issuer and subject alone", func(t *testing.T) {
		u := addUser(t, s).ID
		in := newIdentity(u)
		must(t, s.CreateIdentity(t.Context(), in))
		got, err := s.Identity(t.Context(), in.Issuer, in.Subject)
		must(t, err)
		same(t, in, got)
		for _, other := range [][2]string{{in.Issuer + "/", in.Subject}, {in.Issuer, in.Subject + "x"}, {in.Subject, in.Issuer}, {"", ""}} {
			_, err := s.Identity(t.Context(), other[0], other[1])
			want(t, auth.ErrNotFound, err)
		}
		want(t, auth.ErrNotFound, s.CreateIdentity(t.Context(), newIdentity(newID())))
	})

	t.Run("identities are listed by their user, the oldest first", func(t *testing.T) {
		u := addUser(t, s).ID
		second, first := newIdentity(u), newIdentity(u)
		second.CreatedAt, first.LastUsedAt = noon.Add(time.Minute), time.Time{}
		must(t, s.CreateIdentity(t.Context(), second))
		must(t, s.CreateIdentity(t.Context(), first))
		must(t, s.CreateIdentity(t.Context(), newIdentity(addUser(t, s).ID)))
		same(t, []*auth.Identity{first, second}, list(t, u))
		wantCount(t, 0, len(list(t, newID())))
	})

	t.Run("of fifty users who take an identity at once, one gets it", func(t *testing.T) {
		subject := newID().String()
		users := make([]uuid.UUID, 50)
		for i := range users {
			users[i] = addUser(t, s).ID
		}
		_, errs := atOnce(50, func(i int) (struct{}, error) {
			in := newIdentity(users[i])
			in.Subject = subject
			return struct{}{}, s.CreateIdentity(t.Context(), in)
		})
		if n := count(t, errs, auth.ErrIdentityTaken); n != 1 {
			t.Errorf("%d got it, want one", n)
		}
	})

	t.Run("a taken identity leaves the transaction usable", func(t *testing.T) {
		u := addUser(t, s).ID
		in := newIdentity(u)
		must(t, s.CreateIdentity(t.Context(), in))
		must(t, s.InTx(t.Context(), func(tx auth.Tx) error {
			again := newIdentity(u)
			again.Subject = in.Subject
			want(t, auth.ErrIdentityTaken, tx.Providers().CreateIdentity(t.Context(), again))
			_, err := tx.Providers().IdentitiesOf(t.Context(), u)
			return err
		}))
	})

	t.Run("a use changes what is shown, and nothing else", func(t *testing.T) {
		u := addUser(t, s).ID
		in := newIdentity(u)
		must(t, s.CreateIdentity(t.Context(), in))
		in.Email, in.Name, in.LastUsedAt = "new@example.com", "", noon.Add(2*time.Hour)
		changed := *in
		changed.Issuer, changed.Subject, changed.Provider, changed.UserID = "x", "x", "x", newID()
		must(t, s.UseIdentity(t.Context(), &changed))
		same(t, []*auth.Identity{in}, list(t, u))
		want(t, auth.ErrNotFound, s.UseIdentity(t.Context(), newIdentity(u)))
	})

	t.Run("an identity is deleted by its user alone, since a time, and with the user", func(t *testing.T) {
		u, other := addUser(t, s).ID, addUser(t, s).ID
		old, late, third := newIdentity(u), newIdentity(u), newIdentity(u)
		late.CreatedAt = noon.Add(time.Hour)
		for _, in := range []*auth.Identity{old, late, third} {
			must(t, s.CreateIdentity(t.Context(), in))
		}
		want(t, auth.ErrNotFound, s.DeleteIdentity(t.Context(), other, third.ID))
		must(t, s.DeleteIdentity(t.Context(), u, third.ID))
		want(t, auth.ErrNotFound, s.DeleteIdentity(t.Context(), u, third.ID))
		n, err := s.DeleteIdentities(t.Context(), u, noon.Add(time.Hour))
		must(t, err)
		wantCount(t, 1, n)
		same(t, []*auth.Identity{old}, list(t, u))
		must(t, s.DeleteUser(t.Context(), u, newID()))
		_, err = s.Identity(t.Context(), old.Issuer, old.Subject)
		want(t, auth.ErrNotFound, err)
	})
}

func providerFlows(t *testing.T, open Open) {
	s := open(t)

	t.Run("a flow comes back as it was created, to one of fifty who take it", func(t *testing.T) {
		in := newFlow()
		must(t, s.CreateProviderFlow(t.Context(), in))
		want(t, auth.ErrFlowUsed, s.CreateProviderFlow(t.Context(), in))
		got, errs := atOnce(50, func(int) (*auth.ProviderFlow, error) { return s.TakeProviderFlow(t.Context(), in.Digest) })
		if n := count(t, errs, auth.ErrNotFound); n != 1 {
			t.Errorf("%d took it, want one", n)
		}
		for _, flow := range got {
			if flow != nil {
				same(t, in, flow)
			}
		}
		_, err := s.TakeProviderFlow(t.Context(), digest())
		want(t, auth.ErrNotFound, err)
	})

	t.Run("a flow without secrets is one", func(t *testing.T) {
		must(t, s.CreateProviderFlow(t.Context(), &auth.ProviderFlow{Digest: digest(), Provider: "company", CreatedAt: noon, ExpiresAt: noon}))
	})
}

func pendingIdentities(t *testing.T, open Open) {
	s := open(t)

	t.Run("a pending identity comes back as it was created, until it is taken", func(t *testing.T) {
		in := newPending()
		must(t, s.CreatePendingIdentity(t.Context(), in))
		got, err := s.PendingIdentity(t.Context(), in.Digest)
		must(t, err)
		same(t, in, got)
		_, errs := atOnce(50, func(int) (struct{}, error) {
			return struct{}{}, s.TakePendingIdentity(t.Context(), in.Digest)
		})
		if n := count(t, errs, auth.ErrNotFound); n != 1 {
			t.Errorf("%d took it, want one", n)
		}
		_, err = s.PendingIdentity(t.Context(), in.Digest)
		want(t, auth.ErrNotFound, err)
	})
}
