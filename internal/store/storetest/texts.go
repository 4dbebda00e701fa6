package storetest

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/address"
	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/profile"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

var _ = newPart("texts", texts)

// awkward are texts that a store which writes them into statements could stumble over.
var awkward = []string{
	`'`, `''`, `'''`, `"`, `\`, `\\`, `\'`, `'\`, `\''; --`, `' OR '1'='1`, `'; DROP TABLE users; --`,
	`?`, `??`, `?0`, `?1`, `\?`, `$1`, `$$`, `$tag$`, `:name`, `@name`, `%s %d %!`, `{}`, `--`, `/* */`, `;`,
	`?TableName`, `?TableAlias`, `?PKs`, `?Columns`, `NULL`, `'NULL'`, `DEFAULT`, `E'\x27'`, `\x27`, `U&'\0027'`, `X'00'`,
	"\n", "\r\n", "\t", "\x01", "\x1f", "\x7f", `\u0000`, `\u0001`, "\b\f\v",
	"Zoë", "ё", "日本語", "👩‍💻", "\u202e", "\u00a0", "\ufeff", "\ufffd", "\U0010ffff", "e\u0301", "ʼ", "＇", "´",
	" leading and trailing ", "1", "1e5", "0x10", "007", "TRUE", "2026-03-14", "00000000-0000-0000-0000-000000000000",
	strings.Repeat(`a'\?`, 10_000),
}

// impossible are texts that a store refuses, because a database could only keep something else.
var impossible = []string{"\x00", "a\x00b", "a\x00'; DROP TABLE users; --", "\xff", "a\xc0\xafb", "\xed\xa0\x80", "Zo\xeb"}

func texts(t *testing.T, open Open) {
	s := open(t)

	t.Run("every text comes back as it went in, from every column", func(t *testing.T) {
		holder := newID()
		for i, text := range awkward {
			unique := fmt.Sprintf("%s%d", text, i)
			u := newUser()
			u.Email, u.Name = address.Email{Address: text, Canonical: unique}, text
			u.Role, u.PasswordHash = auth.Role(text), secret.Text(text)
			u.Profile, u.Username = profile.Profile(text), auth.Username{Name: text, Key: "user " + unique}
			must(t, s.CreateUser(t.Context(), u))
			byEmail, err := s.UserByEmail(t.Context(), unique)
			must(t, err)
			same(t, u, byEmail)
			byUsername, err := s.UserByUsername(t.Context(), u.Username.Key)
			must(t, err)
			same(t, u, byUsername)

			u.Email.Canonical = "changed" + unique
			must(t, s.UpdateUser(t.Context(), u))
			must(t, s.SetPassword(t.Context(), u.ID, secret.Text(text), noon))
			u.Username.Key = "changed " + unique
			must(t, s.SetUsername(t.Context(), u.ID, u.Username, noon))
			session := newSession(u.ID)
			session.IPAddress, session.UserAgent = text, text
			must(t, s.CreateSession(t.Context(), session))
			gotSession, gotUser, err := s.SessionByDigest(t.Context(), session.TokenDigest)
			must(t, err)
			same(t, session, gotSession)
			same(t, u, gotUser)

			signUp := newSignUp(u.Email)
			signUp.Name, signUp.PasswordHash = text, secret.Text(text)
			signUp.Profile, signUp.Username = profile.Profile(text), auth.Username{Name: text, Key: "sign-up " + unique}
			must(t, s.CreateSignUp(t.Context(), signUp))
			found, err := s.SignUpsByEmail(t.Context(), signUp.Email.Canonical)
			must(t, err)
			sameSignUps(t, []*auth.SignUp{signUp}, found)

			change := newEmailChange(u)
			change.Old, change.New = address.Email{Address: text, Canonical: unique}, address.Email{Address: text, Canonical: text}
			must(t, s.StartEmailChange(t.Context(), change))
			change.ChangedAt, change.UndoUntil, change.IPAddress, change.UserAgent = noon, noon, text, text
			must(t, s.FinishEmailChange(t.Context(), change))
			reservation, err := s.EmailReservation(t.Context(), unique)
			must(t, err)
			same(t, change, reservation)
			undo := newChangeToken(change.ID, auth.Purpose(text))
			must(t, s.AddEmailChangeToken(t.Context(), undo))
			gotUndo, err := s.EmailChangeTokenByDigest(t.Context(), undo.Purpose, undo.Digest)
			must(t, err)
			same(t, undo, gotUndo)

			token := newToken(uuid.Nil, signUp.ID)
			token.EmailKey, token.Purpose = text, auth.Purpose(text)
			must(t, s.CreateToken(t.Context(), token))
			gotToken, err := s.TakeToken(t.Context(), token.Purpose, token.Digest)
			must(t, err)
			same(t, token, gotToken)

			code := newCode()
			code.EmailKey, code.Purpose = text, auth.Purpose(text)
			must(t, s.CreateCode(t.Context(), code))
			must(t, s.MintCode(t.Context(), code))
			same(t, code, tryCode(t, s, code))
			for _, count := range []int{1, 2} {
				n, err := s.CountWrongCode(t.Context(), text, noon, time.Time{})
				must(t, err)
				wantCount(t, count, n)
			}
			n, err := s.WrongCodes(t.Context(), text, time.Time{})
			must(t, err)
			wantCount(t, 2, n)
			must(t, s.ForgetWrongCodes(t.Context(), text))

			taken, err := s.TakeSignUps(t.Context(), signUp.Email.Canonical)
			must(t, err)
			sameSignUps(t, []*auth.SignUp{signUp}, taken)

			item := mail()
			item.EmailKey, item.Job, item.IPAddress, item.Device, item.Address = text, auth.Job(text), text, text, text
			item.Recipient = text
			must(t, s.AddToOutbox(t.Context(), item))
			leased := leaseAt(t, s, holder, noon, 10)
			wantItems(t, leased, item)
			item.Attempts = 1
			same(t, item, leased[0])
			must(t, s.RetryOutbox(t.Context(), item.ID, holder, noon, text))
			wantItems(t, leaseAt(t, s, holder, noon, 10), item)
			must(t, s.AbandonOutbox(t.Context(), item.ID, holder, noon, text))

			meet(t, s, u.ID, text, noon)
			if fromIt, _ := meet(t, s, u.ID, text, noon); !fromIt.Equal(utc(noon)) {
				t.Errorf("%q is not known as a client", text)
			}
			event := newEvent(u.ID, noon)
			event.Act, event.Outcome, event.RequestID, event.IPAddress, event.UserAgent = auth.Act(text), text, text, text, text
			event.Actor, event.Reason = text, text
			must(t, s.AddAuditEvent(t.Context(), event))
			events, err := s.AuditEvents(t.Context(), u.ID, noon, uuid.Nil, 1)
			must(t, err)
			same(t, []*auth.AuditEvent{event}, events)
			hasLease, err := s.TakeLease(t.Context(), unique, holder, noon, noon)
			must(t, err)
			if !hasLease {
				t.Errorf("%q cannot be leased", unique)
			}
		}
	})

	t.Run("no text finds anything but itself", func(t *testing.T) {
		u := addUser(t, s)
		for _, text := range append([]string{"%", "_", "*", u.Email.Canonical + " ", strings.ToUpper(u.Email.Canonical), "%" + u.Email.Canonical}, awkward...) {
			_, err := s.UserByEmail(t.Context(), text)
			want(t, auth.ErrNotFound, err)
			_, err = s.UserByUsername(t.Context(), text)
			want(t, auth.ErrNotFound, err)
			_, err = s.SignUpByUsername(t.Context(), text)
			want(t, auth.ErrNotFound, err)
			found, err := s.SignUpsByEmail(t.Context(), text)
			must(t, err)
			if len(found) != 0 {
				t.Errorf("%q found a sign-up", text)
			}
		}
	})

	t.Run("every byte of a digest comes back", func(t *testing.T) {
		u := addUser(t, s)
		for from := 0; from < 256; from += 32 {
			session := newSession(u.ID)
			for i := range session.TokenDigest {
				session.TokenDigest[i] = byte(from + i)
			}
			must(t, s.CreateSession(t.Context(), session))
			got, _, err := s.SessionByDigest(t.Context(), session.TokenDigest)
			must(t, err)
			same(t, session, got)
		}
	})

	t.Run("a text that cannot be kept is refused, nothing is stored, and the store goes on", func(t *testing.T) {
		for _, text := range impossible {
			for name, do := range refusals(t, s, text) {
				err := do(s)
				refused(t, err)
				if err != nil && strings.Contains(err.Error(), text) {
					t.Errorf("%s: the error repeats the text", name)
				}
				// A refusal costs a transaction nothing either.
				must(t, inTx(t, s, func(tx auth.Tx) error {
					refused(t, do(inside(t, tx)))
					return inside(t, tx).Ping(t.Context())
				}))
			}
		}
	})
}
