package auth_test

import (
	"bytes"
	"database/sql"
	"encoding/hex"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/auth/authtest"
	"github.com/latchkey-auth/latchkey/internal/secret"
	"github.com/latchkey-auth/latchkey/internal/store/dbtest"
)

// What is known of the user who is erased. None of it may be a part of anything else.
const (
	erasedEmail    = "Erased.One@Somewhere-Unique.example"
	erasedUsername = "erased_username"
	erasedName     = "Ermintrude Erased"
	erasedSubject  = "subject-1170-erased"
	erasedExternal = "external-17-erased"
	erasedCompany  = "Erased Engines"
	erasedAddress  = "198.51.100.177"
	erasedAgent    = "Mozilla/5.0 (X11; Linux x86_64) Erased/1.0"
)

// marksOf are texts of which one in a row shows that it is about a user.
func marksOf(id uuid.UUID) map[string]string {
	return map[string]string{
		"the id": id.String(), "the id in bytes": hex.EncodeToString(id[:]), "the address": strings.ToLower(erasedEmail),
		"the username": erasedUsername, "the name": strings.ToLower(erasedName), "the subject at a provider": erasedSubject,
		"the external id": erasedExternal, "the profile": strings.ToLower(erasedCompany), "the IP address": erasedAddress,
		"the network": "198.51.100.0", "the user agent": strings.ToLower(erasedAgent),
	}
}

// erasing is a database with its rows in the open.
type erasing struct {
	*authtest.World
	rows *sql.DB
	list string // the statement that names the tables
}

func onEachErasing(t *testing.T, run func(t *testing.T, e *erasing)) {
	t.Helper()
	open := func(t *testing.T, at, driver, source, list string) {
		t.Parallel()
		rows, err := sql.Open(driver, source)
		must(t, err)
		t.Cleanup(func() { must(t, rows.Close()) })
		config := authtest.WithLoginCodes(authtest.WithPasskeys(usernamesOptional))
		run(t, &erasing{authtest.New(t, authtest.Open(t, at), config), rows, list})
	}
	t.Run("SQLite", func(t *testing.T) {
		at := dbtest.SQLite(t)
		open(t, at, "sqlite", "file:"+(&url.URL{Path: strings.TrimPrefix(at, "sqlite:")}).EscapedPath(), "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_stat%'")
	})
	t.Run("Postgres", func(t *testing.T) {
		at := dbtest.Postgres(t)
		open(t, at, "pgx", at, "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'")
	})
}

// found returns where something of a user is: the table, a point and the column, and what it is. Each cell of the
// database is read, but of acts of nobody who is known, such as a login with a username that nobody has: those name no
// account, and have the address of the client whosever it is.
func (e *erasing) found(t *testing.T, id uuid.UUID) []string {
	t.Helper()
	places := map[string]bool{}
	for _, table := range e.strings(t, e.list) {
		if table == "events" {
			continue // by which other programs hear for 30 days of whom to erase: ids, and nothing else
		}
		e.foundIn(t, table, marksOf(id), places)
	}
	return slices.Sorted(maps.Keys(places))
}

// foundIn adds the places in one table.
func (e *erasing) foundIn(t *testing.T, table string, marks map[string]string, places map[string]bool) {
	t.Helper()
	rows, err := e.rows.QueryContext(t.Context(), "SELECT * FROM "+table+map[string]string{"audit_events": " WHERE user_id IS NOT NULL OR actor <> ''"}[table])
	must(t, err)
	defer func() { _ = rows.Close() }()
	columns, err := rows.Columns()
	must(t, err)
	cells, into := make([]any, len(columns)), make([]any, len(columns))
	for i := range cells {
		into[i] = &cells[i]
	}
	for rows.Next() {
		must(t, rows.Scan(into...))
		for i, cell := range cells {
			text := strings.ToLower(fmt.Sprint(cell))
			if raw, ok := cell.([]byte); ok {
				text = strings.ToLower(string(raw)) + " " + hex.EncodeToString(raw)
			}
			for name, mark := range marks {
				if strings.Contains(text, mark) {
					places[table+"."+columns[i]+": "+name] = true
				}
			}
		}
	}
	must(t, rows.Err())
}

func (e *erasing) strings(t *testing.T, query string) []string {
	t.Helper()
	rows, err := e.rows.QueryContext(t.Context(), query)
	must(t, err)
	defer func() { must(t, rows.Close()) }()
	var all []string
	for rows.Next() {
		var one string
		must(t, rows.Scan(&one))
		all = append(all, one)
	}
	must(t, rows.Err())
	return all
}

// lives has a user leave something in each table that can have something of one.
func (e *erasing) lives(t *testing.T) *auth.Caller {
	t.Helper()
	ctx := auth.WithRequest(t.Context(), auth.Request{ID: "request-of-the-erased", ClientIP: netip.MustParseAddr(erasedAddress), UserAgent: erasedAgent})
	imported(t, e.World, auth.ImportOptions{Source: "django"}, &auth.ImportedUser{
		ExternalID: erasedExternal, Email: erasedEmail, EmailVerified: true, Username: erasedUsername, Name: erasedName, PasswordHash: ownHashOf(t, e.World, adasPassword),
		Identities: []auth.ImportedIdentity{{Issuer: "https://accounts.example", Subject: erasedSubject, Provider: "company", Email: erasedEmail, Name: erasedName}},
	})
	user := reload(t, e.World, strings.ToLower(erasedEmail))
	_, err := e.EndAccountSessions(t.Context(), authtest.AsOperator("asked by "+erasedEmail), user.ID.String())
	must(t, err)

	_, err = e.Login(ctx, auth.LoginInput{Username: erasedUsername, Password: wrongPassword})
	refused(t, err, auth.InvalidCredentials)
	grant, err := e.Login(ctx, auth.LoginInput{Email: erasedEmail, Password: adasPassword})
	must(t, err)
	caller := &auth.Caller{User: grant.User, Session: grant.Session}
	must(t, e.RequestPasswordReset(ctx, erasedEmail, ""))
	_, err = e.RequestLoginCode(ctx, erasedEmail)
	must(t, err)
	must(t, e.RequestEmailChange(ctx, caller, lady, ""))
	e.Letters(t)
	for _, code := range []string{"BCDFGHJK", "LMNPQRST"} { // one is left to be sent
		id, err := e.RequestLoginCode(ctx, erasedEmail)
		must(t, err)
		_, err = e.LoginWithCode(ctx, auth.LoginWithCodeInput{RequestID: id, Code: secret.Text(code)})
		refused(t, err, auth.InvalidCode)
	}
	must(t, e.RequestPasswordReset(ctx, erasedEmail, ""))
	_, err = e.Register(ctx, auth.RegisterInput{Email: erasedEmail, Password: evesPassword, Name: erasedName})
	must(t, err)
	e.has(t, user)
	return caller
}

// has gives a user what would take a browser and an administrator.
func (e *erasing) has(t *testing.T, user *auth.User) {
	t.Helper()
	at, ctx, s := e.Clock.Now(), t.Context(), e.Store
	id := func() uuid.UUID { return uuid.Must(uuid.NewV7()) }
	digest := func() []byte { return secret.Digest(secret.Text(id().String())) }
	must(t, s.PutTOTP(ctx, &auth.TOTP{UserID: user.ID, Sealed: digest(), CreatedAt: at}))
	must(t, s.AddRecoveryCodes(ctx, user.ID, [][]byte{digest()}, at))
	must(t, s.CreateTrustedDevice(ctx, &auth.TrustedDevice{ID: id(), UserID: user.ID, Digest: digest(), Device: "Firefox", CreatedAt: at, ExpiresAt: at.Add(time.Hour)}))
	must(t, s.AddPasskey(ctx, &auth.Passkey{ID: id(), UserID: user.ID, CredentialID: digest(), PublicKey: digest(), AAGUID: make([]byte, 16), Name: erasedName, CreatedAt: at}))
	must(t, s.CreateLoginChallenge(ctx, &auth.LoginChallenge{Digest: digest(), UserID: user.ID, Kind: auth.ChallengeProve, CreatedAt: at, ExpiresAt: at.Add(time.Hour)}))

	invitation := func(from uuid.UUID, to *auth.User) *auth.Invitation {
		in := &auth.Invitation{ID: id(), Email: to.Email, Role: auth.RoleUser, InvitedBy: from, CreatedAt: at, ExpiresAt: at.Add(time.Hour)}
		must(t, s.PutInvitation(ctx, in))
		return in
	}
	must(t, s.AcceptInvitation(ctx, invitation(uuid.Nil, user).ID, user.ID, at))
	invitation(uuid.Nil, user)
	other, err := e.CreateAccount(ctx, auth.NewAccount{Email: eve, Role: auth.RoleUser})
	must(t, err)
	invitation(user.ID, other)
	must(t, s.AddAuditEvent(ctx, &auth.AuditEvent{ID: id(), At: at, Act: "account_disabled", Outcome: "ok", UserID: other.ID, Actor: user.ID.String(), RequestID: "r", IPAddress: erasedAddress, UserAgent: erasedAgent}))
	must(t, s.AddToOutbox(ctx, &auth.OutboxItem{ID: id(), Job: auth.JobEmailChanged, Address: erasedEmail, Recipient: strings.ToLower(erasedEmail), CreatedAt: at, DueAt: at}))
	_, err = e.rows.ExecContext(ctx, "UPDATE outbox SET abandoned_at = created_at WHERE address <> ''") // it could not be delivered
	must(t, err)
}

// TestNothingIsLeftOfAnErasedUser reads every column of every table, before and after.
func TestNothingIsLeftOfAnErasedUser(t *testing.T) {
	t.Parallel()
	onEachErasing(t, func(t *testing.T, e *erasing) {
		caller := e.lives(t)
		id := caller.User.ID
		before := e.found(t, id)
		for _, table := range []string{
			"users", "passwords", "usernames", "sessions", "one_time_tokens", "one_time_codes", "wrong_codes", "clients", "known_clients", "email_changes", "totp", "recovery_codes",
			"trusted_devices", "passkeys", "login_challenges", "identities", "external_ids", "invitations", "outbox", "audit_events", "sign_ups",
		} {
			if !slices.ContainsFunc(before, func(place string) bool { return strings.HasPrefix(place, table+".") }) {
				t.Errorf("the table %s has nothing of the user to be erased", table)
			}
		}

		must(t, e.DeleteAccount(t.Context(), caller, erasedEmail))
		e.Letters(t)
		if after := e.found(t, id); len(after) > 0 {
			t.Errorf("this is left:\n%s", strings.Join(after, "\n"))
		}
		e.wantPseudonym(t, id)
	})
}

// wantPseudonym wants the acts of an erased user to be there under one id, which is none that was known before.
func (e *erasing) wantPseudonym(t *testing.T, id uuid.UUID) {
	t.Helper()
	known := map[uuid.UUID][]string{}
	must(t, e.EachAuditEvent(t.Context(), auth.AuditQuery{}, func(entry auth.AuditEntry) error {
		if entry.Email == "" && entry.UserID != uuid.Nil {
			known[entry.UserID] = append(known[entry.UserID], string(entry.Act))
			if entry.SessionID != uuid.Nil || entry.RequestID != "" || entry.Reason != "" {
				t.Errorf("%s can be led back: session %s, request %q, reason %q", entry.Act, entry.SessionID, entry.RequestID, entry.Reason)
			}
		}
		if entry.Actor != "" && entry.ActorID() != uuid.Nil {
			known[entry.ActorID()] = append(known[entry.ActorID()], "as the actor: "+string(entry.Act))
		}
		return nil
	}))
	if len(known) != 1 {
		t.Fatalf("got the acts of %d erased users, want all under one pseudonym: %v", len(known), known)
	}
	for pseudonym, acts := range known {
		if pseudonym == id || pseudonym.Version() != 4 || bytes.Equal(pseudonym[:6], id[:6]) {
			t.Errorf("the pseudonym %s tells of the user %s", pseudonym, id)
		}
		for _, want := range []string{"account_imported", "logged_in", "account_deleted", "as the actor: account_disabled"} {
			if !slices.Contains(acts, want) {
				t.Errorf("the trail has no %s any more", want)
			}
		}
	}
}

// TestNothingIsLeftOfAUserWhoseDeletionWaited erases one who could undo a change of address for a week.
func TestNothingIsLeftOfAUserWhoseDeletionWaited(t *testing.T) {
	t.Parallel()
	onEachErasing(t, func(t *testing.T, e *erasing) {
		caller := e.lives(t)
		id := caller.User.ID
		_, err := e.Store.TakeSignUps(t.Context(), caller.User.Email.Canonical)
		must(t, err)
		change := &auth.EmailChange{ID: id, UserID: id, Old: caller.User.Email, New: caller.User.Email, RequestedAt: e.Clock.Now(), ExpiresAt: e.Clock.Now()}
		must(t, e.Store.StartEmailChange(t.Context(), change))
		change.ChangedAt, change.UndoUntil, change.IPAddress = e.Clock.Now(), e.Clock.Now().Add(auth.UndoLifetime), erasedAddress
		must(t, e.Store.FinishEmailChange(t.Context(), change))
		must(t, e.DeleteAccount(t.Context(), caller, erasedEmail))
		e.Clock.Advance(auth.UndoLifetime)
		if erased, err := e.EraseDeleted(t.Context()); erased != 1 || err != nil {
			t.Fatalf("erased %d users (error: %v), want one", erased, err)
		}
		if after := e.found(t, id); len(after) > 0 {
			t.Errorf("this is left:\n%s", strings.Join(after, "\n"))
		}
		e.wantPseudonym(t, id)
	})
}
