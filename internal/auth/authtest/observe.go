package authtest

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/ratelimit"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Observe returns the store, with before called ahead of each of its methods, also in transactions,
// by the name of the method. It changes no argument and no result. Before "InTx" there is no
// transaction yet, so that what before does then, others have done in between.
func Observe(store auth.Store, before func(method string)) auth.Store {
	return &observed{store: store, enter: func(ctx context.Context, method string) context.Context {
		before(method)
		return ctx
	}}
}

// Interrupt returns the store, of which the call with this number, counted from 1 and also in
// transactions, is interrupted, as by an outage that is over at once; and how to ask whether there
// was such a call.
func Interrupt(store auth.Store, number int) (interrupted auth.Store, happened func() bool) {
	calls := 0
	return &observed{store: store, enter: func(ctx context.Context, _ string) context.Context {
		if calls++; calls != number {
			return ctx
		}
		ctx, cancel := context.WithCancel(ctx)
		cancel()
		return ctx
	}}, func() bool { return calls >= number }
}

type observed struct {
	store auth.Store
	enter func(ctx context.Context, method string) context.Context
}

func (o *observed) InTx(ctx context.Context, fn func(tx auth.Store) error) error {
	return o.store.InTx(o.enter(ctx, "InTx"), func(tx auth.Store) error {
		return fn(&observed{store: tx, enter: o.enter})
	})
}

func (o *observed) Ping(ctx context.Context) error {
	return o.store.Ping(o.enter(ctx, "Ping"))
}

func (o *observed) CreateUser(ctx context.Context, u *auth.User) error {
	return o.store.CreateUser(o.enter(ctx, "CreateUser"), u)
}

func (o *observed) UserByID(ctx context.Context, id uuid.UUID) (*auth.User, error) {
	return o.store.UserByID(o.enter(ctx, "UserByID"), id)
}

func (o *observed) UserByEmail(ctx context.Context, key string) (*auth.User, error) {
	return o.store.UserByEmail(o.enter(ctx, "UserByEmail"), key)
}

func (o *observed) UserByUsername(ctx context.Context, key string) (*auth.User, error) {
	return o.store.UserByUsername(o.enter(ctx, "UserByUsername"), key)
}

func (o *observed) SetUsername(ctx context.Context, userID uuid.UUID, name auth.Username, at time.Time) error {
	return o.store.SetUsername(o.enter(ctx, "SetUsername"), userID, name, at)
}

func (o *observed) SignUpByUsername(ctx context.Context, key string) (*auth.SignUp, error) {
	return o.store.SignUpByUsername(o.enter(ctx, "SignUpByUsername"), key)
}

func (o *observed) LockUser(ctx context.Context, id uuid.UUID) (*auth.User, error) {
	return o.store.LockUser(o.enter(ctx, "LockUser"), id)
}

func (o *observed) UpdateUser(ctx context.Context, u *auth.User) error {
	return o.store.UpdateUser(o.enter(ctx, "UpdateUser"), u)
}

func (o *observed) SetPassword(ctx context.Context, userID uuid.UUID, hash secret.Text, at time.Time) error {
	return o.store.SetPassword(o.enter(ctx, "SetPassword"), userID, hash, at)
}

func (o *observed) Users(ctx context.Context, after uuid.UUID, limit int) ([]*auth.User, error) {
	return o.store.Users(o.enter(ctx, "Users"), after, limit)
}

func (o *observed) CreateSignUp(ctx context.Context, s *auth.SignUp) error {
	return o.store.CreateSignUp(o.enter(ctx, "CreateSignUp"), s)
}

func (o *observed) SignUpByID(ctx context.Context, id uuid.UUID) (*auth.SignUp, error) {
	return o.store.SignUpByID(o.enter(ctx, "SignUpByID"), id)
}

func (o *observed) SignUpsByEmail(ctx context.Context, key string) ([]*auth.SignUp, error) {
	return o.store.SignUpsByEmail(o.enter(ctx, "SignUpsByEmail"), key)
}

func (o *observed) TakeSignUps(ctx context.Context, key string) ([]*auth.SignUp, error) {
	return o.store.TakeSignUps(o.enter(ctx, "TakeSignUps"), key)
}

func (o *observed) SignUps(ctx context.Context, after uuid.UUID, limit int) ([]*auth.SignUp, error) {
	return o.store.SignUps(o.enter(ctx, "SignUps"), after, limit)
}

func (o *observed) CreateSession(ctx context.Context, s *auth.Session) error {
	return o.store.CreateSession(o.enter(ctx, "CreateSession"), s)
}

func (o *observed) SessionByDigest(ctx context.Context, digest []byte) (*auth.Session, *auth.User, error) {
	return o.store.SessionByDigest(o.enter(ctx, "SessionByDigest"), digest)
}

func (o *observed) RecentSessionByDigest(ctx context.Context, digest []byte) (*auth.Session, *auth.User, error) {
	return o.store.RecentSessionByDigest(o.enter(ctx, "RecentSessionByDigest"), digest)
}

func (o *observed) RecentSessionByID(ctx context.Context, id uuid.UUID) (*auth.Session, *auth.User, error) {
	return o.store.RecentSessionByID(o.enter(ctx, "RecentSessionByID"), id)
}

func (o *observed) SessionByID(ctx context.Context, id uuid.UUID) (*auth.Session, *auth.User, error) {
	return o.store.SessionByID(o.enter(ctx, "SessionByID"), id)
}

func (o *observed) CreateRefreshChain(ctx context.Context, c *auth.RefreshChain) error {
	return o.store.CreateRefreshChain(o.enter(ctx, "CreateRefreshChain"), c)
}

func (o *observed) RefreshChain(ctx context.Context, family []byte) (*auth.RefreshChain, *auth.Session, *auth.User, error) {
	return o.store.RefreshChain(o.enter(ctx, "RefreshChain"), family)
}

func (o *observed) RotateRefreshChain(ctx context.Context, c *auth.RefreshChain) error {
	return o.store.RotateRefreshChain(o.enter(ctx, "RotateRefreshChain"), c)
}

func (o *observed) ForgetSuccessors(ctx context.Context, upTo time.Time, limit int) (int, error) {
	return o.store.ForgetSuccessors(o.enter(ctx, "ForgetSuccessors"), upTo, limit)
}

func (o *observed) SigningKeys(ctx context.Context) ([]*auth.SealedKey, error) {
	return o.store.SigningKeys(o.enter(ctx, "SigningKeys"))
}

func (o *observed) AddSigningKey(ctx context.Context, k *auth.SealedKey) (bool, error) {
	return o.store.AddSigningKey(o.enter(ctx, "AddSigningKey"), k)
}

func (o *observed) DeleteSigningKeys(ctx context.Context, numbers ...int) error {
	return o.store.DeleteSigningKeys(o.enter(ctx, "DeleteSigningKeys"), numbers...)
}

func (o *observed) Sessions(ctx context.Context, userID uuid.UUID) ([]*auth.Session, error) {
	return o.store.Sessions(o.enter(ctx, "Sessions"), userID)
}

func (o *observed) TouchSession(ctx context.Context, id uuid.UUID, seen time.Time) error {
	return o.store.TouchSession(o.enter(ctx, "TouchSession"), id, seen)
}

func (o *observed) RenewSession(ctx context.Context, id uuid.UUID, digest []byte, authenticatedAt time.Time) (int, error) {
	return o.store.RenewSession(o.enter(ctx, "RenewSession"), id, digest, authenticatedAt)
}

func (o *observed) ProveSession(ctx context.Context, id uuid.UUID, at time.Time) error {
	return o.store.ProveSession(o.enter(ctx, "ProveSession"), id, at)
}

func (o *observed) EndSession(ctx context.Context, id uuid.UUID) error {
	return o.store.EndSession(o.enter(ctx, "EndSession"), id)
}

func (o *observed) EndSessions(ctx context.Context, userID, except uuid.UUID) (int, error) {
	return o.store.EndSessions(o.enter(ctx, "EndSessions"), userID, except)
}

func (o *observed) CreateToken(ctx context.Context, t *auth.OneTimeToken) error {
	return o.store.CreateToken(o.enter(ctx, "CreateToken"), t)
}

func (o *observed) TokenByDigest(ctx context.Context, purpose auth.Purpose, digest []byte) (*auth.OneTimeToken, error) {
	return o.store.TokenByDigest(o.enter(ctx, "TokenByDigest"), purpose, digest)
}

func (o *observed) TakeToken(ctx context.Context, purpose auth.Purpose, digest []byte) (*auth.OneTimeToken, error) {
	return o.store.TakeToken(o.enter(ctx, "TakeToken"), purpose, digest)
}

func (o *observed) DeleteTokens(ctx context.Context, userID uuid.UUID) error {
	return o.store.DeleteTokens(o.enter(ctx, "DeleteTokens"), userID)
}

func (o *observed) OutboxDepth(ctx context.Context, now time.Time) (auth.OutboxDepth, error) {
	return o.store.OutboxDepth(o.enter(ctx, "OutboxDepth"), now)
}

func (o *observed) AddToOutbox(ctx context.Context, item *auth.OutboxItem) error {
	return o.store.AddToOutbox(o.enter(ctx, "AddToOutbox"), item)
}

func (o *observed) LeaseOutbox(ctx context.Context, holder uuid.UUID, now, until time.Time, limit int) ([]*auth.OutboxItem, error) {
	return o.store.LeaseOutbox(o.enter(ctx, "LeaseOutbox"), holder, now, until, limit)
}

func (o *observed) RenewLease(ctx context.Context, id, holder uuid.UUID, until time.Time) error {
	return o.store.RenewLease(o.enter(ctx, "RenewLease"), id, holder, until)
}

func (o *observed) FinishOutbox(ctx context.Context, id, holder uuid.UUID) error {
	return o.store.FinishOutbox(o.enter(ctx, "FinishOutbox"), id, holder)
}

func (o *observed) RetryOutbox(ctx context.Context, id, holder uuid.UUID, due time.Time, reason string) error {
	return o.store.RetryOutbox(o.enter(ctx, "RetryOutbox"), id, holder, due, reason)
}

func (o *observed) Bypass(ctx context.Context, id, holder uuid.UUID) error {
	return o.store.Bypass(o.enter(ctx, "Bypass"), id, holder)
}

func (o *observed) HasNewer(ctx context.Context, item *auth.OutboxItem) (bool, error) {
	return o.store.HasNewer(o.enter(ctx, "HasNewer"), item)
}

func (o *observed) QueuedMail(ctx context.Context, after uuid.UUID, limit int) ([]*auth.QueuedMail, error) {
	return o.store.QueuedMail(o.enter(ctx, "QueuedMail"), after, limit)
}

func (o *observed) RetryNow(ctx context.Context, id uuid.UUID, at time.Time) (int, error) {
	return o.store.RetryNow(o.enter(ctx, "RetryNow"), id, at)
}

func (o *observed) DropMail(ctx context.Context, id uuid.UUID) (int, error) {
	return o.store.DropMail(o.enter(ctx, "DropMail"), id)
}

func (o *observed) AbandonOutbox(ctx context.Context, id, holder uuid.UUID, at time.Time, reason string) error {
	return o.store.AbandonOutbox(o.enter(ctx, "AbandonOutbox"), id, holder, at, reason)
}

func (o *observed) AddAuditEvent(ctx context.Context, e *auth.AuditEvent) error {
	return o.store.AddAuditEvent(o.enter(ctx, "AddAuditEvent"), e)
}

func (o *observed) AuditEvents(ctx context.Context, userID uuid.UUID, from time.Time, after uuid.UUID, limit int) ([]*auth.AuditEvent, error) {
	return o.store.AuditEvents(o.enter(ctx, "AuditEvents"), userID, from, after, limit)
}

func (o *observed) MeetClient(ctx context.Context, userID uuid.UUID, client string, at time.Time) (fromIt, fromAny time.Time, err error) {
	return o.store.MeetClient(o.enter(ctx, "MeetClient"), userID, client, at)
}

func (o *observed) TakeUnits(ctx context.Context, attempt uuid.UUID, meters []ratelimit.Meter, now, heldUntil time.Time) ([]ratelimit.Shortage, error) {
	return o.store.TakeUnits(o.enter(ctx, "TakeUnits"), attempt, meters, now, heldUntil)
}

func (o *observed) SettleUnits(ctx context.Context, attempt uuid.UUID, meters []ratelimit.Meter, failed bool, now time.Time) error {
	return o.store.SettleUnits(o.enter(ctx, "SettleUnits"), attempt, meters, failed, now)
}

func (o *observed) ForgetClients(ctx context.Context, userID uuid.UUID) error {
	return o.store.ForgetClients(o.enter(ctx, "ForgetClients"), userID)
}

func (o *observed) RememberClient(ctx context.Context, userID uuid.UUID, marks [][]byte, at time.Time) error {
	return o.store.RememberClient(o.enter(ctx, "RememberClient"), userID, marks, at)
}

func (o *observed) IsClientKnown(ctx context.Context, marks [][]byte, since time.Time) (bool, error) {
	return o.store.IsClientKnown(o.enter(ctx, "IsClientKnown"), marks, since)
}

func (o *observed) Discard(ctx context.Context, what auth.ExpiredKind, upTo time.Time, limit int) (int, error) {
	return o.store.Discard(o.enter(ctx, "Discard"), what, upTo, limit)
}

func (o *observed) TakeLease(ctx context.Context, name string, holder uuid.UUID, now, until time.Time) (bool, error) {
	return o.store.TakeLease(o.enter(ctx, "TakeLease"), name, holder, now, until)
}

func (o *observed) StartEmailChange(ctx context.Context, c *auth.EmailChange) error {
	return o.store.StartEmailChange(o.enter(ctx, "StartEmailChange"), c)
}

func (o *observed) EmailChangeByID(ctx context.Context, id uuid.UUID) (*auth.EmailChange, error) {
	return o.store.EmailChangeByID(o.enter(ctx, "EmailChangeByID"), id)
}

func (o *observed) FinishEmailChange(ctx context.Context, c *auth.EmailChange) error {
	return o.store.FinishEmailChange(o.enter(ctx, "FinishEmailChange"), c)
}

func (o *observed) RevertEmailChanges(ctx context.Context, c *auth.EmailChange) error {
	return o.store.RevertEmailChanges(o.enter(ctx, "RevertEmailChanges"), c)
}

func (o *observed) LastEmailChange(ctx context.Context, userID uuid.UUID) (*auth.EmailChange, error) {
	return o.store.LastEmailChange(o.enter(ctx, "LastEmailChange"), userID)
}

func (o *observed) EmailReservation(ctx context.Context, key string) (*auth.EmailChange, error) {
	return o.store.EmailReservation(o.enter(ctx, "EmailReservation"), key)
}

func (o *observed) ReleaseEmail(ctx context.Context, key string, now time.Time) error {
	return o.store.ReleaseEmail(o.enter(ctx, "ReleaseEmail"), key, now)
}

func (o *observed) EndEmailChanges(ctx context.Context, now time.Time, limit int) (int, error) {
	return o.store.EndEmailChanges(o.enter(ctx, "EndEmailChanges"), now, limit)
}

func (o *observed) AddEmailChangeToken(ctx context.Context, t *auth.EmailChangeToken) error {
	return o.store.AddEmailChangeToken(o.enter(ctx, "AddEmailChangeToken"), t)
}

func (o *observed) EmailChangeTokenByDigest(ctx context.Context, purpose auth.Purpose, digest []byte) (*auth.EmailChangeToken, error) {
	return o.store.EmailChangeTokenByDigest(o.enter(ctx, "EmailChangeTokenByDigest"), purpose, digest)
}

func (o *observed) DeleteUser(ctx context.Context, id uuid.UUID) error {
	return o.store.DeleteUser(o.enter(ctx, "DeleteUser"), id)
}

func (o *observed) DeletedUsers(ctx context.Context, now time.Time, limit int) ([]*auth.User, error) {
	return o.store.DeletedUsers(o.enter(ctx, "DeletedUsers"), now, limit)
}
