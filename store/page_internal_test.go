package store

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCut(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		rows []int // as the statement returns them: in the direction of the page, one too much
		page Page
		want []int
		more bool
	}{
		{"nothing", nil, Page{Limit: 2}, nil, false},
		{"less than a page", []int{1}, Page{Limit: 2}, []int{1}, false},
		{"a page", []int{1, 2}, Page{Limit: 2}, []int{1, 2}, false},
		{"more", []int{1, 2, 3}, Page{Limit: 2}, []int{1, 2}, true},
		{"empty page", []int{1}, Page{}, []int{}, true},
		{"empty page of nothing", nil, Page{}, nil, false},
		{"backwards, nothing", nil, Page{Limit: 2, Backward: true}, nil, false},
		{"backwards, less than a page", []int{9}, Page{Limit: 2, Backward: true}, []int{9}, false},
		{"backwards, a page", []int{9, 8}, Page{Limit: 2, Backward: true}, []int{8, 9}, false},
		{"backwards, more", []int{9, 8, 7, 6}, Page{Limit: 3, Backward: true}, []int{7, 8, 9}, true},
		{"backwards, empty page", []int{9}, Page{Backward: true}, []int{}, true},
	} {
		nodes, more := cut(test.rows, test.page)
		if diff := cmp.Diff(test.want, nodes); diff != "" || more != test.more {
			t.Errorf("%s: more is %t, want %t; nodes: want -, got +:\n%s", test.name, more, test.more, diff)
		}
	}
}
