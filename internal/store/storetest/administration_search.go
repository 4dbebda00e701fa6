package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
)

// What the suite has of administration.
var (
	_ = newPart("user search", userSearch)
	_ = newPart("pages of users", pagesOfUsers)
	_ = newPart("audit search", auditSearch)
	_ = newPart("details of users", detailsOfUsers)
	_ = newPart("administrators", administrators)
)

// named adds a user with an address, a name and what else is said of them.
func named(t *testing.T, s auth.Store, at, name string, change func(*auth.User)) *auth.User {
	t.Helper()
	u := newUser()
	u.Email, u.Name = address.Email{Address: at, Canonical: strings.ToLower(at)}, name
	if change != nil {
		change(u)
	}
	must(t, s.CreateUser(t.Context(), u))
	return u
}

func userSearch(t *testing.T, open Open) {
	s := open(t)
	is := func(b bool) *bool { return &b }
	named(t, s, "ada@example.org", "Ada Lovelace", func(u *auth.User) { u.LastLoginAt = noon })
	named(t, s, "b%da@example.org", "100% Böb", func(u *auth.User) {
		u.Role, u.VerifiedAt, u.Username = auth.RoleStaff, time.Time{}, auth.Username{Name: "Ada_2", Key: "ada_2"}
	})
	named(t, s, "c_d@example.org", "\uD7FFname \U0010FFFF", func(u *auth.User) { u.Role, u.DisabledAt = auth.RoleAdmin, noon })
	named(t, s, "d@example.org", `'; DROP TABLE users; -- \`, func(u *auth.User) { u.DeletedAt, u.SecondFactorSince = noon, noon })
	named(t, s, "e@example.org", "ädå", func(u *auth.User) { u.CreatedAt = noon.Add(time.Hour) })
	for _, c := range []struct {
		filter auth.UserFilter
		want   string // the letters that the addresses begin with
	}{
		{auth.UserFilter{}, "abcde"},
		{auth.UserFilter{Search: "ada"}, "ab"},
		{auth.UserFilter{Search: "ada l"}, "a"},
		{auth.UserFilter{Search: "ada_"}, "b"},
		{auth.UserFilter{Search: "b%"}, "b"},
		{auth.UserFilter{Search: "100%"}, "b"},
		{auth.UserFilter{Search: "%"}, ""},
		{auth.UserFilter{Search: "_"}, ""},
		{auth.UserFilter{Search: "c_"}, "c"},
		{auth.UserFilter{Search: "cx"}, ""},
		{auth.UserFilter{Search: "\uD7FF"}, "c"},
		{auth.UserFilter{Search: "\uD7FFname \U0010FFFF"}, "c"},
		{auth.UserFilter{Search: "ä"}, "e"},
		{auth.UserFilter{Search: `'; drop table users; -- \`}, "d"},
		{auth.UserFilter{Email: "d@example.org"}, "d"},
		{auth.UserFilter{Email: "D@example.org"}, ""},
		{auth.UserFilter{Roles: []auth.Role{auth.RoleStaff, auth.RoleAdmin}}, "bc"},
		{auth.UserFilter{Roles: []auth.Role{auth.RoleUser}}, "ade"},
		{auth.UserFilter{Disabled: is(true)}, "cd"},
		{auth.UserFilter{Disabled: is(false)}, "abe"},
		{auth.UserFilter{Verified: is(false)}, "b"},
		{auth.UserFilter{Verified: is(true)}, "acde"},
		{auth.UserFilter{SecondFactor: is(true)}, "d"},
		{auth.UserFilter{SecondFactor: is(false)}, "abce"},
		{auth.UserFilter{CreatedAfter: noon.Add(time.Hour)}, "e"},
		{auth.UserFilter{CreatedBefore: noon.Add(time.Hour)}, "abcd"},
		{auth.UserFilter{LastLoginBefore: noon}, "bcde"},
		{auth.UserFilter{LastLoginBefore: noon.Add(time.Second)}, "abcde"},
		{auth.UserFilter{Search: "ada", Disabled: is(false), Verified: is(true), SecondFactor: is(false), Roles: []auth.Role{auth.RoleUser}}, "a"},
	} {
		found, err := s.SearchUsers(t.Context(), auth.UserQuery{Filter: c.filter, By: auth.OrderByEmail, Limit: 10})
		must(t, err)
		var got strings.Builder
		for _, u := range found {
			got.WriteString(u.Email.Address[:1])
		}
		if got.String() != c.want {
			t.Errorf("%+v: got the users %q, want %q", c.filter, got.String(), c.want)
		}
		n, err := s.CountUsers(t.Context(), c.filter, 3)
		must(t, err)
		if want := min(len(c.want), 3); n != want {
			t.Errorf("%+v: got %d users counted up to 3, want %d", c.filter, n, want)
		}
	}
	if _, err := s.SearchUsers(t.Context(), auth.UserQuery{Filter: auth.UserFilter{Search: "a\x00"}, Limit: 1}); err == nil {
		t.Error("got no error for a NUL byte, want one")
	}
}

// pagesOfUsers reads pages in each order and direction, while users come and go: nobody who stays is missed or comes
// twice.
func pagesOfUsers(t *testing.T, open Open) {
	for _, by := range []auth.UserOrderField{auth.OrderByCreatedAt, auth.OrderByLastLoginAt, auth.OrderByEmail} {
		for _, descending := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, descending %v", by, descending), func(t *testing.T) {
				s := open(t)
				var stay []uuid.UUID
				var leave []uuid.UUID
				for i := range 24 {
					u := named(t, s, fmt.Sprintf("u%02d@example.org", (i*7)%24), "", func(u *auth.User) {
						u.CreatedAt = noon.Add(time.Duration(i/3) * time.Minute) // three at each time
						if i%2 == 0 {
							u.LastLoginAt = noon.Add(time.Duration(i/4) * time.Minute)
						}
					})
					if i%4 == 3 {
						leave = append(leave, u.ID)
					} else {
						stay = append(stay, u.ID)
					}
				}
				seen := map[uuid.UUID]int{}
				var before *auth.User
				var from *auth.Position
				for round := 0; ; round++ {
					page, err := s.SearchUsers(t.Context(), auth.UserQuery{By: by, Descending: descending, From: from, Limit: 5})
					must(t, err)
					for _, u := range page {
						if before != nil && inOrder(by, before, u) == descending {
							t.Errorf("got %s after %s, want the other order", u.Email.Address, before.Email.Address)
						}
						seen[u.ID]++
						before = u
					}
					if len(page) < 5 {
						break
					}
					from = position(by, page[len(page)-1])
					if round < len(leave) {
						must(t, s.DeleteUser(t.Context(), leave[round], newID()))
					}
					if round == 0 {
						must(t, ignoreAbsence(s.DeleteUser(t.Context(), page[len(page)-1].ID, newID()))) // to which the cursor points
						stay = slices.DeleteFunc(stay, func(id uuid.UUID) bool { return id == page[len(page)-1].ID })
						named(t, s, "u00-new@example.org", "", nil)
						named(t, s, "zz-new@example.org", "", func(u *auth.User) { u.CreatedAt = noon.Add(time.Hour) })
					}
				}
				for _, id := range stay {
					if seen[id] != 1 {
						t.Errorf("got a user who stayed %d times, want once", seen[id])
					}
				}
			})
		}
	}
}

func ignoreAbsence(err error) error {
	if errors.Is(err, auth.ErrNotFound) {
		return nil
	}
	return err
}

// position is where a user stands in an order.
func position(by auth.UserOrderField, u *auth.User) *auth.Position {
	switch by {
	case auth.OrderByEmail:
		return &auth.Position{Text: u.Email.Canonical, ID: u.ID}
	case auth.OrderByLastLoginAt:
		return &auth.Position{Time: u.LastLoginAt, ID: u.ID}
	case auth.OrderByCreatedAt:
	}
	return &auth.Position{Time: u.CreatedAt, ID: u.ID}
}

// inOrder reports whether a comes before b, ascending.
func inOrder(by auth.UserOrderField, a, b *auth.User) bool {
	at, bt := position(by, a), position(by, b)
	if c := strings.Compare(at.Text, bt.Text); c != 0 {
		return c < 0
	}
	if c := at.Time.Compare(bt.Time); c != 0 {
		return c < 0
	}
	return strings.Compare(at.ID.String(), bt.ID.String()) < 0
}

func auditSearch(t *testing.T, open Open) {
	s := open(t)
	ada, eve, chief := addUser(t, s).ID, addUser(t, s).ID, newID()
	add := func(minute int, user uuid.UUID, change func(*auth.AuditEvent)) uuid.UUID {
		e := &auth.AuditEvent{ID: newID(), At: noon.Add(time.Duration(minute) * time.Minute), Act: "logged_in", Outcome: "ok", UserID: user, IPAddress: "192.0.2.1"}
		if change != nil {
			change(e)
		}
		must(t, s.AddAuditEvent(t.Context(), e))
		return e.ID
	}
	events := []uuid.UUID{
		add(0, ada, nil),
		add(1, ada, func(e *auth.AuditEvent) { e.Act, e.Actor = "account_disabled", chief.String() }),
		add(1, eve, func(e *auth.AuditEvent) { e.Outcome, e.IPAddress = "INVALID_CREDENTIALS", "2001:db8::1" }),
		add(2, eve, func(e *auth.AuditEvent) { e.Act, e.Actor, e.IPAddress = "signed_up", auth.ActorOperator, "" }),
	}
	nobody := uuid.Nil
	for _, c := range []struct {
		filter auth.AuditFilter
		want   []int // the newest first
	}{
		{auth.AuditFilter{}, []int{3, 2, 1, 0}},
		{auth.AuditFilter{UserID: &ada}, []int{1, 0}},
		{auth.AuditFilter{UserID: &nobody}, nil},
		{auth.AuditFilter{ActorID: &chief}, []int{1}},
		{auth.AuditFilter{Acts: []string{"signed_up", "account_disabled"}}, []int{3, 1}},
		{auth.AuditFilter{Outcome: "INVALID_CREDENTIALS"}, []int{2}},
		{auth.AuditFilter{IPAddress: "192.0.2.1"}, []int{1, 0}},
		{auth.AuditFilter{Since: noon.Add(time.Minute), Until: noon.Add(2 * time.Minute)}, []int{2, 1}},
		{auth.AuditFilter{UserID: &eve, Acts: []string{"logged_in"}, Outcome: "ok"}, nil},
	} {
		var got []uuid.UUID
		var from *auth.Position
		for { // in pages of one
			page, err := s.SearchAuditEvents(t.Context(), auth.AuditSearch{Filter: c.filter, From: from, Limit: 1})
			must(t, err)
			if len(page) == 0 {
				break
			}
			got, from = append(got, page[0].ID), &auth.Position{Time: page[0].At, ID: page[0].ID}
		}
		var want []uuid.UUID
		for _, i := range c.want {
			want = append(want, events[i])
		}
		equal(t, got, want)
	}
	latest, err := s.LatestAuditEvents(t.Context(), []uuid.UUID{ada, eve, newID()}, 1)
	must(t, err)
	if len(latest) != 2 || latest[0].ID != events[3] || latest[1].ID != events[1] {
		t.Errorf("got %d events, want the newest of each user, the newest first", len(latest))
	}
}

func detailsOfUsers(t *testing.T, open Open) {
	s := open(t)
	ada, eve, other := addUser(t, s).ID, addUser(t, s).ID, addUser(t, s).ID
	ids := []uuid.UUID{ada, eve}
	for _, id := range []uuid.UUID{ada, ada, eve, other} {
		addSession(t, s, id)
		must(t, s.CreateIdentity(t.Context(), newIdentity(id)))
		must(t, s.AddRecoveryCodes(t.Context(), id, [][]byte{digest()}, noon))
		must(t, s.CreateTrustedDevice(t.Context(), &auth.TrustedDevice{ID: newID(), UserID: id, Digest: digest(), CreatedAt: noon, ExpiresAt: noon.Add(time.Hour)}))
	}
	for _, id := range []uuid.UUID{ada, eve} {
		one, err := s.Sessions(t.Context(), id)
		must(t, err)
		all, err := s.SessionsOfUsers(t.Context(), ids)
		must(t, err)
		equal(t, slices.DeleteFunc(all, func(session *auth.Session) bool { return session.UserID != id }), one)
		identities, err := s.IdentitiesOf(t.Context(), id)
		must(t, err)
		allIdentities, err := s.IdentitiesOfUsers(t.Context(), ids)
		must(t, err)
		equal(t, slices.DeleteFunc(allIdentities, func(i *auth.Identity) bool { return i.UserID != id }), identities)
		devices, err := s.TrustedDevices(t.Context(), id)
		must(t, err)
		codes, err := s.RecoveryCodesLeft(t.Context(), id)
		must(t, err)
		factors, err := s.FactorsOfUsers(t.Context(), ids)
		must(t, err)
		equal(t, slices.DeleteFunc(factors.Devices, func(d *auth.TrustedDevice) bool { return d.UserID != id }), devices)
		equal(t, factors.RecoveryCodes[id], codes)
		if factors.RecoveryCodes[other] != 0 {
			t.Error("got the codes of somebody else, want none")
		}
	}
}

func administrators(t *testing.T, open Open) {
	s := open(t)
	user := addUser(t, s)
	var want []uuid.UUID
	for i := range 4 {
		u := named(t, s, fmt.Sprintf("a%d@example.org", i), "", func(u *auth.User) {
			u.Role = auth.RoleAdmin
			switch i {
			case 1:
				u.DisabledAt = noon
			case 2:
				u.DeletedAt = noon
			}
		})
		if i%3 == 0 {
			want = append(want, u.ID)
		}
	}
	must(t, s.InTx(t.Context(), func(tx auth.Tx) error {
		got, err := tx.Administration().LockAdmins(t.Context(), user.ID, newID())
		equal(t, got, want)
		return err
	}))
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("got something else than is wanted (-want +got):\n%s", diff)
	}
}
