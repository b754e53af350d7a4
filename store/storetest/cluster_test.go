package storetest_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"github.com/corpintel/corpintel/embedded"
	"github.com/corpintel/corpintel/store/storetest"
)

func TestClusterComesBack(t *testing.T) {
	t.Parallel()
	cluster := storetest.NewCluster(t)
	url := cluster.URL()
	exec(t, url, "create table kept (what text); insert into kept values ('this')")
	downs := []func(){
		func() { cluster.Stop(embedded.Fast) },
		func() { cluster.Stop(embedded.Immediate) },
		cluster.Kill,
		func() { cluster.Stop(embedded.Smart) }, // nobody is connected
	}
	for _, down := range downs {
		down()
		if conn, err := pgx.Connect(t.Context(), url); err == nil {
			t.Errorf("connected to a server that is down: %v", conn.Config().Host)
		}
		cluster.Start()
		if diff := cmp.Diff(url, cluster.URL()); diff != "" {
			t.Errorf("URL (-want +got):\n%s", diff)
		}
		var what string
		query(t, url, "select what from kept", &what)
		if what != "this" {
			t.Errorf("found %q, want what was written before", what)
		}
	}
}

func TestClusterIsMigrated(t *testing.T) {
	t.Parallel()
	var applied int
	query(t, storetest.NewCluster(t).URL(), "select count(*) from goose_db_version where version_id > 0", &applied)
	if applied == 0 {
		t.Error("no migration is applied")
	}
}
