package graph

import (
	"context"

	"github.com/google/uuid"

	"github.com/latchkey-auth/latchkey/graph/model"
	"github.com/latchkey-auth/latchkey/internal/auth"
)

// invitations let others have accounts.
type invitations interface {
	InviteUser(ctx context.Context, caller *auth.Caller, in auth.InviteInput) (*auth.Invitation, error)
	WithdrawInvitation(ctx context.Context, caller *auth.Caller, id uuid.UUID) (*auth.Invitation, error)
	AcceptInvitation(ctx context.Context, in auth.AcceptInvitationInput) (*auth.Grant, error)
	Invitations(ctx context.Context, request auth.PageRequest) (*auth.Page[*auth.Invitation], error)
}

func invitation(i *auth.Invitation) *model.Invitation {
	if i == nil {
		return nil
	}
	return &model.Invitation{
		ID: i.ID, Email: i.Email.Address, Role: i.Role, InvitedBy: idOrNil(i.InvitedBy),
		CreatedAt: i.CreatedAt, ExpiresAt: i.ExpiresAt, AcceptedAt: timeOrNil(i.AcceptedAt),
	}
}

func invitationPayload(i *auth.Invitation, err error) (*model.InvitationPayload, error) {
	found, err := problems(err)
	if err != nil {
		return nil, err
	}
	return &model.InvitationPayload{Invitation: invitation(i), Errors: found}, nil
}

func invitationConnection(page *auth.Page[*auth.Invitation], err error) (*model.InvitationConnection, error) {
	if err != nil {
		return nil, err
	}
	info := pageInfo(page)
	connection := &model.InvitationConnection{Edges: []model.InvitationEdge{}, Nodes: []model.Invitation{}, PageInfo: &info}
	for i, item := range page.Items {
		node := invitation(item)
		connection.Nodes = append(connection.Nodes, *node)
		connection.Edges = append(connection.Edges, model.InvitationEdge{Cursor: page.Cursors[i], Node: node})
	}
	return connection, nil
}

// connectIdentityInput is an identity of an input that need not have one.
func connectIdentityInput(input *model.ConnectIdentityInput) *auth.ConnectIdentityInput {
	if input == nil {
		return nil
	}
	return &auth.ConnectIdentityInput{Code: input.Code, Pending: input.Pending, Verifier: input.Verifier}
}
