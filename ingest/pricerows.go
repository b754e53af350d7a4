package ingest

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"

	"github.com/corpintel/corpintel/edgar"
	"github.com/corpintel/corpintel/prices"
)

// priceRows are the rows of a price file as PostgreSQL reads them: COPY in its binary format, made here value by value,
// for the driver's way over interfaces takes longer than reading the file.
type priceRows struct {
	rows  *prices.Reader
	ready bytes.Buffer // made and not yet read
	part  []byte       // the row that is made
	count int64        // rows made
	cells int64        // values in them
	fault error        // why the reading ended, io.EOF at the end
}

const copyPrices = `copy price_rows (line, symbol, date, open, high, low, close, adj_close, volume) from stdin with (format binary)`

// Parts of the format.
const (
	copySignature = "PGCOPY\n\xff\r\n\x00"
	copyNull      = 0xffffffff // length of a null
	copyEnd       = 0xffff     // number of columns of the end

	postgresEpoch edgar.Date = 10957 // 2000-01-01
)

// Read implements io.Reader. An error other than io.EOF is also fault.
func (p *priceRows) Read(to []byte) (int, error) {
	for p.ready.Len() < len(to) && p.fault == nil {
		p.fault = p.next()
	}
	if p.ready.Len() > 0 && (p.fault == nil || errors.Is(p.fault, io.EOF)) {
		return p.ready.Read(to)
	}
	return 0, p.fault
}

// begin makes the header.
func (p *priceRows) begin() {
	p.ready.WriteString(copySignature)
	p.ready.Write(make([]byte, 8)) // no flags, no extension
}

// next makes a row, or the end.
func (p *priceRows) next() error {
	r, err := p.rows.Next()
	if errors.Is(err, io.EOF) {
		p.ready.Write(binary.BigEndian.AppendUint16(nil, copyEnd))
		return io.EOF
	}
	if err != nil {
		return err
	}
	b := binary.BigEndian.AppendUint16(p.part[:0], 3+prices.FieldCount)
	b = binary.BigEndian.AppendUint32(b, 8)
	b = binary.BigEndian.AppendUint64(b, uint64(r.Line))        //nolint:gosec // lines are counted from 1
	b = binary.BigEndian.AppendUint32(b, uint32(len(r.Symbol))) //nolint:gosec // symbols are short
	b = append(b, r.Symbol...)
	b = binary.BigEndian.AppendUint32(b, 4)
	b = binary.BigEndian.AppendUint32(b, uint32(r.Date-postgresEpoch)) //nolint:gosec // two's complement is meant
	for f, value := range r.Values {
		if !r.Has[f] {
			b = binary.BigEndian.AppendUint32(b, copyNull)
			continue
		}
		b = binary.BigEndian.AppendUint32(b, 8)
		b = binary.BigEndian.AppendUint64(b, math.Float64bits(value))
		p.cells++
	}
	p.part = b
	p.ready.Write(b)
	p.count++
	return nil
}

// stagePrices copies the rows of d into price_rows and names what is rejected. It returns the number of rows, and what
// was read and rejected.
func (im *priceImporter) stagePrices(ctx context.Context, d *document) (rows int64, count Count, err error) {
	var untold error // what is no fault of the file
	reader, err := prices.NewReader(d.body, prices.Options{
		MaxDate: edgar.DateOf(im.options.Now()),
		Reject: func(r edgar.Rejection) error {
			count.Rejected++
			untold = im.reject(d.name, r)
			return untold
		},
	})
	if err != nil {
		return 0, Count{}, fault(err)
	}
	if _, err := im.db.conn.Exec(ctx, clearPriceRows); err != nil {
		return 0, Count{}, fmt.Errorf("clear the stage: %w", err)
	}
	source := &priceRows{rows: reader}
	source.begin()
	_, err = im.db.conn.PgConn().CopyFrom(ctx, source, copyPrices)
	switch {
	case untold != nil:
		return 0, Count{}, untold
	case source.fault != nil && !errors.Is(source.fault, io.EOF):
		return 0, Count{}, fault(source.fault)
	case err != nil:
		return 0, Count{}, fmt.Errorf("stage prices: %w", err)
	}
	count.Read = source.cells + count.Rejected
	return source.count, count, nil
}
