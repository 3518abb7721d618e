package shelf

import "context"

// Reset removes all works and sources from the library in folder dir, whose
// version goes on. Readers see it as a state without works. A library that is
// damaged, or of another format, is replaced. Other writers are refused meanwhile
// with [library.Conflict].
func Reset(ctx context.Context, dir string) (err error) {
	m := newMaking(dir, optionsOf("", nil))
	defer m.clear()
	defer func() {
		if err != nil {
			err = inWords(err)
		}
	}()
	before, err := m.begin(ctx)
	if err != nil {
		return err
	}
	version := before.Version + 1
	if m.base != nil {
		err = m.base.release()
	}
	m.base, m.rows = nil, newRows()
	if err != nil {
		return err
	}
	if err := m.write(ctx, meta{Version: version, Forgotten: version}, contents{}); err != nil {
		return err
	}
	return m.publish(ctx)
}
