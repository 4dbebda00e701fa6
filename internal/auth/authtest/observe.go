package authtest

import (
	"context"
	"time"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/internal/auth"
	"github.com/latchkey-auth/latchkey/internal/secret"
)

// Observe returns the store, with before called ahead of each of its methods, also in transactions,
// by the name of the method. It changes no argument and no result. Before "InTx" there is no
// transaction yet, so that what before does then, others have done in between.
func Observe(store auth.Store, before func(method string)) auth.Store {
	return &observed{store: store, before: before}
}

type observed struct {
	store  auth.Store
	before func(method string)
}

func (o *observed) InTx(ctx context.Context, fn func(tx auth.Store) error) error {
	o.before("InTx")
	return o.store.InTx(ctx, func(tx auth.Store) error { return fn(&observed{store: tx, before: o.before}) })
}

func (o *observed) Ping(ctx context.Context) error {
	o.before("Ping")
	return o.store.Ping(ctx)
}

func (o *observed) CreateUser(ctx context.Context, u *auth.User) error {
	o.before("CreateUser")
	return o.store.CreateUser(ctx, u)
}

func (o *observed) UserByID(ctx context.Context, id uuid.UUID) (*auth.User, error) {
	o.before("UserByID")
	return o.store.UserByID(ctx, id)
}

func (o *observed) UserByEmail(ctx context.Context, key string) (*auth.User, error) {
	o.before("UserByEmail")
	return o.store.UserByEmail(ctx, key)
}

func (o *observed) LockUser(ctx context.Context, id uuid.UUID) (*auth.User, error) {
	o.before("LockUser")
	return o.store.LockUser(ctx, id)
}

func (o *observed) UpdateUser(ctx context.Context, u *auth.User) error {
	o.before("UpdateUser")
	return o.store.UpdateUser(ctx, u)
}

func (o *observed) SetPassword(ctx context.Context, userID uuid.UUID, hash secret.Text, at time.Time) error {
	o.before("SetPassword")
	return o.store.SetPassword(ctx, userID, hash, at)
}

func (o *observed) Users(ctx context.Context, after uuid.UUID, limit int) ([]*auth.User, error) {
	o.before("Users")
	return o.store.Users(ctx, after, limit)
}

func (o *observed) CreateSignUp(ctx context.Context, s *auth.SignUp) error {
	o.before("CreateSignUp")
	return o.store.CreateSignUp(ctx, s)
}

func (o *observed) SignUpByID(ctx context.Context, id uuid.UUID) (*auth.SignUp, error) {
	o.before("SignUpByID")
	return o.store.SignUpByID(ctx, id)
}

func (o *observed) SignUpsByEmail(ctx context.Context, key string) ([]*auth.SignUp, error) {
	o.before("SignUpsByEmail")
	return o.store.SignUpsByEmail(ctx, key)
}

func (o *observed) TakeSignUps(ctx context.Context, key string) ([]*auth.SignUp, error) {
	o.before("TakeSignUps")
	return o.store.TakeSignUps(ctx, key)
}

func (o *observed) DeleteSignUp(ctx context.Context, id uuid.UUID) error {
	o.before("DeleteSignUp")
	return o.store.DeleteSignUp(ctx, id)
}

func (o *observed) SignUps(ctx context.Context, after uuid.UUID, limit int) ([]*auth.SignUp, error) {
	o.before("SignUps")
	return o.store.SignUps(ctx, after, limit)
}

func (o *observed) CreateSession(ctx context.Context, s *auth.Session) error {
	o.before("CreateSession")
	return o.store.CreateSession(ctx, s)
}

func (o *observed) SessionByDigest(ctx context.Context, digest []byte) (*auth.Session, *auth.User, error) {
	o.before("SessionByDigest")
	return o.store.SessionByDigest(ctx, digest)
}

func (o *observed) TouchSession(ctx context.Context, id uuid.UUID, seen time.Time) error {
	o.before("TouchSession")
	return o.store.TouchSession(ctx, id, seen)
}

func (o *observed) RenewSession(ctx context.Context, id uuid.UUID, digest []byte, authenticatedAt time.Time) error {
	o.before("RenewSession")
	return o.store.RenewSession(ctx, id, digest, authenticatedAt)
}

func (o *observed) EndSession(ctx context.Context, id uuid.UUID) error {
	o.before("EndSession")
	return o.store.EndSession(ctx, id)
}

func (o *observed) EndSessions(ctx context.Context, userID, except uuid.UUID) (int, error) {
	o.before("EndSessions")
	return o.store.EndSessions(ctx, userID, except)
}

func (o *observed) CreateToken(ctx context.Context, t *auth.OneTimeToken) error {
	o.before("CreateToken")
	return o.store.CreateToken(ctx, t)
}

func (o *observed) TokenByDigest(ctx context.Context, purpose auth.Purpose, digest []byte) (*auth.OneTimeToken, error) {
	o.before("TokenByDigest")
	return o.store.TokenByDigest(ctx, purpose, digest)
}

func (o *observed) TakeToken(ctx context.Context, purpose auth.Purpose, digest []byte) (*auth.OneTimeToken, error) {
	o.before("TakeToken")
	return o.store.TakeToken(ctx, purpose, digest)
}

func (o *observed) DeleteTokens(ctx context.Context, userID uuid.UUID) error {
	o.before("DeleteTokens")
	return o.store.DeleteTokens(ctx, userID)
}

func (o *observed) AddToOutbox(ctx context.Context, item *auth.OutboxItem) error {
	o.before("AddToOutbox")
	return o.store.AddToOutbox(ctx, item)
}

func (o *observed) LeaseOutbox(ctx context.Context, holder uuid.UUID, now, until time.Time, limit int) ([]*auth.OutboxItem, error) {
	o.before("LeaseOutbox")
	return o.store.LeaseOutbox(ctx, holder, now, until, limit)
}

func (o *observed) RenewLease(ctx context.Context, id, holder uuid.UUID, until time.Time) error {
	o.before("RenewLease")
	return o.store.RenewLease(ctx, id, holder, until)
}

func (o *observed) FinishOutbox(ctx context.Context, id, holder uuid.UUID) error {
	o.before("FinishOutbox")
	return o.store.FinishOutbox(ctx, id, holder)
}

func (o *observed) RetryOutbox(ctx context.Context, id, holder uuid.UUID, due time.Time, reason string) error {
	o.before("RetryOutbox")
	return o.store.RetryOutbox(ctx, id, holder, due, reason)
}

func (o *observed) AbandonOutbox(ctx context.Context, id, holder uuid.UUID, at time.Time, reason string) error {
	o.before("AbandonOutbox")
	return o.store.AbandonOutbox(ctx, id, holder, at, reason)
}

func (o *observed) AddAuditEvent(ctx context.Context, e *auth.AuditEvent) error {
	o.before("AddAuditEvent")
	return o.store.AddAuditEvent(ctx, e)
}

func (o *observed) StartEmailChange(ctx context.Context, c *auth.EmailChange) error {
	o.before("StartEmailChange")
	return o.store.StartEmailChange(ctx, c)
}

func (o *observed) EmailChangeByID(ctx context.Context, id uuid.UUID) (*auth.EmailChange, error) {
	o.before("EmailChangeByID")
	return o.store.EmailChangeByID(ctx, id)
}

func (o *observed) FinishEmailChange(ctx context.Context, c *auth.EmailChange) error {
	o.before("FinishEmailChange")
	return o.store.FinishEmailChange(ctx, c)
}

func (o *observed) RevertEmailChanges(ctx context.Context, c *auth.EmailChange) error {
	o.before("RevertEmailChanges")
	return o.store.RevertEmailChanges(ctx, c)
}

func (o *observed) LastEmailChange(ctx context.Context, userID uuid.UUID) (*auth.EmailChange, error) {
	o.before("LastEmailChange")
	return o.store.LastEmailChange(ctx, userID)
}

func (o *observed) EmailReservation(ctx context.Context, key string) (*auth.EmailChange, error) {
	o.before("EmailReservation")
	return o.store.EmailReservation(ctx, key)
}

func (o *observed) ReleaseEmail(ctx context.Context, key string, now time.Time) error {
	o.before("ReleaseEmail")
	return o.store.ReleaseEmail(ctx, key, now)
}

func (o *observed) EndEmailChanges(ctx context.Context, now time.Time, limit int) (int, error) {
	o.before("EndEmailChanges")
	return o.store.EndEmailChanges(ctx, now, limit)
}

func (o *observed) AddEmailChangeToken(ctx context.Context, t *auth.EmailChangeToken) error {
	o.before("AddEmailChangeToken")
	return o.store.AddEmailChangeToken(ctx, t)
}

func (o *observed) EmailChangeTokenByDigest(ctx context.Context, purpose auth.Purpose, digest []byte) (*auth.EmailChangeToken, error) {
	o.before("EmailChangeTokenByDigest")
	return o.store.EmailChangeTokenByDigest(ctx, purpose, digest)
}

func (o *observed) DeleteUser(ctx context.Context, id uuid.UUID) error {
	o.before("DeleteUser")
	return o.store.DeleteUser(ctx, id)
}

func (o *observed) DeletedUsers(ctx context.Context, now time.Time, limit int) ([]*auth.User, error) {
	o.before("DeletedUsers")
	return o.store.DeletedUsers(ctx, now, limit)
}
