package mail

import (
	"strings"
	"text/template/parse"

	"github.com/latchkey-auth/latchkey/internal/text"
)

// visit shows f every node of a template that may name a field.
func visit(node parse.Node, f func(parse.Node)) {
	switch node := node.(type) {
	case *parse.ListNode:
		if node == nil {
			return
		}
		for _, each := range node.Nodes {
			visit(each, f)
		}
	case *parse.ActionNode:
		visit(node.Pipe, f)
	case *parse.TemplateNode:
		visit(node.Pipe, f)
	case *parse.IfNode:
		visitBranch(&node.BranchNode, f)
	case *parse.RangeNode:
		visitBranch(&node.BranchNode, f)
	case *parse.WithNode:
		visitBranch(&node.BranchNode, f)
	case *parse.PipeNode:
		if node == nil {
			return
		}
		for _, command := range node.Cmds {
			for _, argument := range command.Args {
				visit(argument, f)
			}
		}
	case *parse.ChainNode:
		visit(node.Node, f)
	default:
		f(node)
	}
}

func visitBranch(node *parse.BranchNode, f func(parse.Node)) {
	visit(node.Pipe, f)
	visit(node.List, f)
	visit(node.ElseList, f)
}

// didYouMean names those of the known names that a wrong one is nearest to, or all if none is near.
func didYouMean(wrong string, known []string) string {
	const near = 4
	nearest := text.Nearest(wrong, known, near)
	if len(nearest) == 0 {
		return "There are: " + strings.Join(known, ", ")
	}
	return "The nearest: " + strings.Join(nearest, ", ")
}
