package storetest

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
)

var (
	_ = newPart("api clients", apiClients)
	_ = newCalls(calls{
		"CreateAPIClient": func(ctx context.Context, s rows) error { return s.CreateAPIClient(ctx, newAPIClient()) },
		"APIClientByDigest": func(ctx context.Context, s rows) error {
			_, err := s.APIClientByDigest(ctx, digest())
			return err
		},
		"APIClients":      func(ctx context.Context, s rows) error { _, err := s.APIClients(ctx); return err },
		"TouchAPIClient":  func(ctx context.Context, s rows) error { return s.TouchAPIClient(ctx, newID(), noon) },
		"DeleteAPIClient": func(ctx context.Context, s rows) error { return s.DeleteAPIClient(ctx, newID()) },
	})
)

func newAPIClient() *auth.APIClient {
	id := newID()
	return &auth.APIClient{ID: id, Name: "shop " + id.String(), KeyDigest: digest(), CreatedAt: noon, LastUsedAt: noon.Add(time.Hour)}
}

func addAPIClient(t *testing.T, s rows) *auth.APIClient {
	t.Helper()
	client := newAPIClient()
	must(t, s.CreateAPIClient(t.Context(), client))
	return client
}

func apiClientID(c *auth.APIClient) uuid.UUID { return c.ID }

func apiClients(t *testing.T, open Open) {
	s := open(t)
	found := func(t *testing.T, key []byte) *auth.APIClient {
		t.Helper()
		client, err := s.APIClientByDigest(t.Context(), key)
		must(t, err)
		return client
	}

	t.Run("a client is found by its key, used or never", func(t *testing.T) {
		used, unused := addAPIClient(t, s), newAPIClient()
		unused.LastUsedAt = time.Time{}
		must(t, s.CreateAPIClient(t.Context(), unused))
		same(t, used, found(t, used.KeyDigest))
		same(t, unused, found(t, unused.KeyDigest))
	})

	t.Run("a digest finds nothing but its own client", func(t *testing.T) {
		in := addAPIClient(t, s)
		for _, other := range [][]byte{digest(), nil, {}, in.KeyDigest[:31], append(in.KeyDigest[:32:32], 0)} {
			_, err := s.APIClientByDigest(t.Context(), other)
			want(t, auth.ErrNotFound, err)
		}
	})

	t.Run("no two clients share a name, and the transaction goes on", func(t *testing.T) {
		in, again := addAPIClient(t, s), newAPIClient()
		again.Name = in.Name
		var other *auth.APIClient
		must(t, inTx(t, s, func(tx auth.Tx) error {
			want(t, auth.ErrAPIClientTaken, tx.Administration().CreateAPIClient(t.Context(), again))
			other = addAPIClient(t, inside(t, tx))
			return nil
		}))
		_, err := s.APIClientByDigest(t.Context(), again.KeyDigest)
		want(t, auth.ErrNotFound, err)
		same(t, in, found(t, in.KeyDigest))
		same(t, other, found(t, other.KeyDigest))
		again.Name = strings.ToUpper(in.Name)
		must(t, s.CreateAPIClient(t.Context(), again))
	})

	t.Run("no two clients share a key", func(t *testing.T) {
		in, again := addAPIClient(t, s), newAPIClient()
		again.KeyDigest = in.KeyDigest
		refused(t, s.CreateAPIClient(t.Context(), again))
	})

	t.Run("of ten who take a name at once, one gets it", func(t *testing.T) {
		name := newAPIClient().Name
		_, errs := atOnce(10, func(int) (any, error) {
			client := newAPIClient()
			client.Name = name
			return nil, s.CreateAPIClient(t.Context(), client)
		})
		if n := count(t, errs, auth.ErrAPIClientTaken); n != 1 {
			t.Errorf("%d got it", n)
		}
	})

	t.Run("clients are listed, the oldest first", func(t *testing.T) {
		s := open(t)
		none, err := s.APIClients(t.Context())
		must(t, err)
		if len(none) != 0 {
			t.Errorf("%d are listed of none", len(none))
		}
		second, third, first := addAPIClient(t, s), addAPIClient(t, s), newAPIClient()
		first.CreatedAt = noon.Add(-time.Microsecond)
		must(t, s.CreateAPIClient(t.Context(), first))
		got, err := s.APIClients(t.Context())
		must(t, err)
		wanted := []*auth.APIClient{first, second, third}
		if diff := cmp.Diff(ids(wanted, apiClientID), ids(got, apiClientID)); diff != "" {
			t.Fatalf("others are listed (-want +got):\n%s", diff)
		}
		for i := range wanted {
			same(t, wanted[i], got[i])
		}
	})

	t.Run("a touch moves the time last used forward and never back, and of no other client", func(t *testing.T) {
		in, other := newAPIClient(), addAPIClient(t, s)
		in.LastUsedAt = time.Time{}
		must(t, s.CreateAPIClient(t.Context(), in))
		for _, step := range []struct{ touch, used time.Duration }{
			{0, 0}, {time.Microsecond, time.Microsecond}, {time.Hour, time.Hour}, {time.Minute, time.Hour}, {-time.Hour, time.Hour},
		} {
			must(t, s.TouchAPIClient(t.Context(), in.ID, noon.Add(step.touch)))
			in.LastUsedAt = noon.Add(step.used)
			same(t, in, found(t, in.KeyDigest))
		}
		same(t, other, found(t, other.KeyDigest))
		must(t, s.TouchAPIClient(t.Context(), newID(), noon))
	})

	t.Run("a client is deleted once, and then its name is free", func(t *testing.T) {
		in, other := addAPIClient(t, s), addAPIClient(t, s)
		must(t, s.DeleteAPIClient(t.Context(), in.ID))
		want(t, auth.ErrNotFound, s.DeleteAPIClient(t.Context(), in.ID))
		_, err := s.APIClientByDigest(t.Context(), in.KeyDigest)
		want(t, auth.ErrNotFound, err)
		same(t, other, found(t, other.KeyDigest))
		again := newAPIClient()
		again.Name = in.Name
		must(t, s.CreateAPIClient(t.Context(), again))
	})

	t.Run("every name comes back as it went in, or is refused", func(t *testing.T) {
		for i, text := range awkward {
			in := newAPIClient()
			in.Name = fmt.Sprintf("%s%d", text, i)
			if len(text) > 1000 {
				in.Name = fmt.Sprintf("%s%d", text[:1000], i) // what an index of a database takes
			}
			must(t, s.CreateAPIClient(t.Context(), in))
			same(t, in, found(t, in.KeyDigest))
		}
		for _, text := range impossible {
			in := newAPIClient()
			in.Name = text
			err := s.CreateAPIClient(t.Context(), in)
			refused(t, err)
			if err != nil && strings.Contains(err.Error(), text) {
				t.Error("the error repeats the text")
			}
			_, err = s.APIClientByDigest(t.Context(), in.KeyDigest)
			want(t, auth.ErrNotFound, err)
		}
	})
}
