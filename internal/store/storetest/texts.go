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

// refusals are all the ways to hand a text to a store. Each checks that it stored nothing.
func refusals(t *testing.T, s auth.Store, text string) map[string]func(rows) error {
	known := addUser(t, s)
	withUser := func(change func(*auth.User)) func(s rows) error {
		return func(s rows) error {
			u := newUser()
			change(u)
			err := s.CreateUser(t.Context(), u)
			_, missing := s.UserByID(t.Context(), u.ID)
			want(t, auth.ErrNotFound, missing)

			changed := *known
			change(&changed)
			changed.PasswordHash, changed.Username = known.PasswordHash, known.Username
			if changed != *known {
				refused(t, s.UpdateUser(t.Context(), &changed))
			}
			got, readErr := s.UserByID(t.Context(), known.ID)
			must(t, readErr)
			same(t, known, got)
			return err
		}
	}
	withSignUp := func(change func(*auth.SignUp)) func(s rows) error {
		return func(s rows) error {
			signUp := newSignUp(email())
			change(signUp)
			err := s.CreateSignUp(t.Context(), signUp)
			_, missing := s.SignUpByID(t.Context(), signUp.ID)
			want(t, auth.ErrNotFound, missing)
			return err
		}
	}
	withSession := func(change func(*auth.Session)) func(s rows) error {
		return func(s rows) error {
			session := newSession(known.ID)
			change(session)
			err := s.CreateSession(t.Context(), session)
			_, _, missing := s.SessionByDigest(t.Context(), session.TokenDigest)
			want(t, auth.ErrNotFound, missing)
			return err
		}
	}
	withToken := func(change func(*auth.OneTimeToken)) func(s rows) error {
		return func(s rows) error {
			token := newToken(known.ID, uuid.Nil)
			change(token)
			err := s.CreateToken(t.Context(), token)
			_, missing := s.TokenByDigest(t.Context(), auth.PurposeReset, token.Digest)
			want(t, auth.ErrNotFound, missing)
			return err
		}
	}
	withCode := func(change func(*auth.OneTimeCode)) func(s rows) error {
		return func(s rows) error {
			code := newCode()
			change(code)
			err := s.CreateCode(t.Context(), code)
			_, missing := s.TryCode(t.Context(), auth.PurposeLogin, code.RequestID, uuid.Nil, 5)
			want(t, auth.ErrNotFound, missing)
			return err
		}
	}
	withChange := func(change func(*auth.EmailChange)) func(s rows) error {
		return func(s rows) error {
			c := newEmailChange(known)
			change(c)
			refused(t, s.FinishEmailChange(t.Context(), c))
			err := s.StartEmailChange(t.Context(), c)
			_, missing := s.EmailChangeByID(t.Context(), c.ID)
			want(t, auth.ErrNotFound, missing)
			return err
		}
	}
	withEvent := func(change func(*auth.AuditEvent)) func(s rows) error {
		return func(s rows) error {
			event := newEvent(known.ID, noon)
			change(event)
			err := s.AddAuditEvent(t.Context(), event)
			events, listErr := s.AuditEvents(t.Context(), known.ID, noon, uuid.Nil, 1)
			must(t, listErr)
			if len(events) != 0 {
				t.Error("got an event stored, want none")
			}
			return err
		}
	}
	return map[string]func(s rows) error{
		"StartEmailChange, old":     withChange(func(c *auth.EmailChange) { c.Old.Address = text }),
		"StartEmailChange, old key": withChange(func(c *auth.EmailChange) { c.Old.Canonical = text }),
		"StartEmailChange, new":     withChange(func(c *auth.EmailChange) { c.New.Address = text }),
		"StartEmailChange, new key": withChange(func(c *auth.EmailChange) { c.New.Canonical = text }),
		"StartEmailChange, ip":      withChange(func(c *auth.EmailChange) { c.IPAddress = text }),
		"StartEmailChange, agent":   withChange(func(c *auth.EmailChange) { c.UserAgent = text }),
		"EmailReservation":          func(s rows) error { _, err := s.EmailReservation(t.Context(), text); return err },
		"ReleaseEmail":              func(s rows) error { return s.ReleaseEmail(t.Context(), text, noon) },
		"AddEmailChangeToken": func(s rows) error {
			return s.AddEmailChangeToken(t.Context(), newChangeToken(newID(), auth.Purpose(text)))
		},
		"EmailChangeTokenByDigest": func(s rows) error {
			_, err := s.EmailChangeTokenByDigest(t.Context(), auth.Purpose(text), digest())
			return err
		},
		"AddToOutbox, to": func(s rows) error {
			item := mail()
			item.Address = text
			return s.AddToOutbox(t.Context(), item)
		},
		"CreateUser, address":        withUser(func(u *auth.User) { u.Email.Address = text }),
		"CreateUser, key":            withUser(func(u *auth.User) { u.Email.Canonical = text }),
		"CreateUser, name":           withUser(func(u *auth.User) { u.Name = text }),
		"CreateUser, role":           withUser(func(u *auth.User) { u.Role = auth.Role(text) }),
		"CreateUser, profile":        withUser(func(u *auth.User) { u.Profile = profile.Profile(text) }),
		"CreateUser, username":       withUser(func(u *auth.User) { u.Username = auth.Username{Name: text, Key: "x"} }),
		"CreateUser, username key":   withUser(func(u *auth.User) { u.Username = auth.Username{Name: "x", Key: text} }),
		"CreateSignUp, profile":      withSignUp(func(u *auth.SignUp) { u.Profile = profile.Profile(text) }),
		"CreateSignUp, username":     withSignUp(func(u *auth.SignUp) { u.Username = auth.Username{Name: text, Key: "x"} }),
		"CreateSignUp, username key": withSignUp(func(u *auth.SignUp) { u.Username = auth.Username{Name: "x", Key: text} }),
		"CreateUser, hash":           withUser(func(u *auth.User) { u.PasswordHash = secret.Text(text) }),
		"CreateSignUp, addr":         withSignUp(func(u *auth.SignUp) { u.Email.Address = text }),
		"CreateSignUp, key":          withSignUp(func(u *auth.SignUp) { u.Email.Canonical = text }),
		"CreateSignUp, name":         withSignUp(func(u *auth.SignUp) { u.Name = text }),
		"CreateSignUp, hash":         withSignUp(func(u *auth.SignUp) { u.PasswordHash = secret.Text(text) }),
		"CreateSession, ip":          withSession(func(s *auth.Session) { s.IPAddress = text }),
		"CreateSession, agent":       withSession(func(s *auth.Session) { s.UserAgent = text }),
		"CreateSession, methods":     withSession(func(s *auth.Session) { s.Methods = []auth.Method{auth.Method(text)} }),
		"CreateToken, key":           withToken(func(o *auth.OneTimeToken) { o.EmailKey = text }),
		"CreateToken, purpose":       withToken(func(o *auth.OneTimeToken) { o.Purpose = auth.Purpose(text) }),
		"SetPassword": func(s rows) error {
			return s.SetPassword(t.Context(), known.ID, secret.Text(text), noon)
		},
		"SetUsername, name": func(s rows) error {
			return s.SetUsername(t.Context(), known.ID, auth.Username{Name: text, Key: "x"}, noon)
		},
		"SetUsername, key": func(s rows) error {
			return s.SetUsername(t.Context(), known.ID, auth.Username{Name: "x", Key: text}, noon)
		},
		"UserByUsername":   func(s rows) error { _, err := s.UserByUsername(t.Context(), text); return err },
		"SignUpByUsername": func(s rows) error { _, err := s.SignUpByUsername(t.Context(), text); return err },
		"UserByEmail":      func(s rows) error { _, err := s.UserByEmail(t.Context(), text); return err },
		"NewestSignUp":     func(s rows) error { _, err := s.NewestSignUp(t.Context(), text); return err },
		"SignUpsByEmail":   func(s rows) error { _, err := s.SignUpsByEmail(t.Context(), text); return err },
		"TakeSignUps":      func(s rows) error { _, err := s.TakeSignUps(t.Context(), text); return err },
		"TokenByDigest": func(s rows) error {
			_, err := s.TokenByDigest(t.Context(), auth.Purpose(text), digest())
			return err
		},
		"TakeToken": func(s rows) error {
			_, err := s.TakeToken(t.Context(), auth.Purpose(text), digest())
			return err
		},
		"CreateCode, key":     withCode(func(c *auth.OneTimeCode) { c.EmailKey = text }),
		"CreateCode, purpose": withCode(func(c *auth.OneTimeCode) { c.Purpose = auth.Purpose(text) }),
		"MintCode, key": func(s rows) error {
			code := newCode()
			code.EmailKey = text
			return s.MintCode(t.Context(), code)
		},
		"MintCode, purpose": func(s rows) error {
			code := newCode()
			code.Purpose = auth.Purpose(text)
			return s.MintCode(t.Context(), code)
		},
		"TryCode": func(s rows) error {
			_, err := s.TryCode(t.Context(), auth.Purpose(text), newID(), uuid.Nil, 5)
			return err
		},
		"CountWrongCode":   func(s rows) error { _, err := s.CountWrongCode(t.Context(), text, noon, time.Time{}); return err },
		"WrongCodes":       func(s rows) error { _, err := s.WrongCodes(t.Context(), text, time.Time{}); return err },
		"ForgetWrongCodes": func(s rows) error { return s.ForgetWrongCodes(t.Context(), text) },
		"AddToOutbox, address": func(s rows) error {
			item := mail()
			item.IPAddress = text
			return s.AddToOutbox(t.Context(), item)
		},
		"AddToOutbox, device": func(s rows) error {
			item := mail()
			item.Device = text
			return s.AddToOutbox(t.Context(), item)
		},
		"AddToOutbox, recipient": func(s rows) error {
			item := mail()
			item.Recipient = text
			return s.AddToOutbox(t.Context(), item)
		},
		"HasNewer": func(s rows) error {
			item := mail()
			item.Recipient = text
			_, err := s.HasNewer(t.Context(), item)
			return err
		},
		"AddToOutbox, redirect": func(s rows) error {
			item := mail()
			item.RedirectURL = text
			return s.AddToOutbox(t.Context(), item)
		},
		"MeetDevice":           func(s rows) error { _, _, err := s.MeetDevice(t.Context(), known.ID, text, noon); return err },
		"TakeLease":            func(s rows) error { _, err := s.TakeLease(t.Context(), text, newID(), noon, noon); return err },
		"AddAuditEvent, act":   withEvent(func(e *auth.AuditEvent) { e.Act = auth.Act(text) }),
		"AddAuditEvent, out":   withEvent(func(e *auth.AuditEvent) { e.Outcome = text }),
		"AddAuditEvent, id":    withEvent(func(e *auth.AuditEvent) { e.RequestID = text }),
		"AddAuditEvent, ip":    withEvent(func(e *auth.AuditEvent) { e.IPAddress = text }),
		"AddAuditEvent, agent": withEvent(func(e *auth.AuditEvent) { e.UserAgent = text }),
		"AddToOutbox, key": func(s rows) error {
			item := mail()
			item.EmailKey = text
			return s.AddToOutbox(t.Context(), item)
		},
		"AddToOutbox, job": func(s rows) error {
			item := mail()
			item.Job = auth.Job(text)
			return s.AddToOutbox(t.Context(), item)
		},
		"RetryOutbox": func(s rows) error {
			return s.RetryOutbox(t.Context(), newID(), newID(), noon, text)
		},
		"AbandonOutbox": func(s rows) error {
			return s.AbandonOutbox(t.Context(), newID(), newID(), noon, text)
		},
	}
}
