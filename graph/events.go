package graph

import (
	"context"

	"github.com/latchkey-auth/latchkey/graph/model"
	"github.com/latchkey-auth/latchkey/internal/auth"
)

// events tell the programs of others what happened.
type events interface {
	ListEvents(ctx context.Context, page auth.PageRequest) (*auth.Page[*auth.Event], error)
}

func eventConnection(page *auth.Page[*auth.Event], err error) (*model.EventConnection, error) {
	if err != nil {
		return nil, err
	}
	info := pageInfo(page)
	connection := &model.EventConnection{Edges: []model.EventEdge{}, Nodes: []model.Event{}, PageInfo: &info}
	for i, e := range page.Items {
		node := model.Event{ID: e.ID, Type: string(e.Kind), At: e.At, UserID: idOrNil(e.UserID), Data: e.Data()}
		connection.Nodes = append(connection.Nodes, node)
		connection.Edges = append(connection.Edges, model.EventEdge{Cursor: page.Cursors[i], Node: &node})
	}
	return connection, nil
}
