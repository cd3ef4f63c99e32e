#include "ui/table.h"

#include "base/mem.h"
#include "ui/columns.h"

#include <stdlib.h>

#define GAP 2
#define GAP_MOST 4
#define CELL_LEAST 8
#define LOOSE_CELLS 2

static int total(const struct table *table)
{
    int columns = 0;
    for (size_t i = 0; i < table->count; i++)
        columns += table->widths[i] ? table->widths[i] + table->gap : 0;
    return columns;
}

static void widen(int *width, const char *text)
{
    int columns = text_columns(text);
    if (columns > *width)
        *width = columns;
}

/* The widest gives way first, but no picture; then, from the last, whole columns. */
static void shrink(struct table *table, int room)
{
    while (total(table) > room) {
        size_t widest = 0, shown = 0;
        for (size_t i = 0; i < table->count; i++) {
            shown += table->widths[i] > 0;
            if (table->widths[i] > table->widths[widest] && (!i || i != table->picture))
                widest = i;
        }
        if (table->widths[widest] > CELL_LEAST) {
            table->widths[widest]--;
            continue;
        }
        size_t last = table->count - 1;
        while (last > 0 && !table->widths[last])
            last--;
        if (shown < 2)
            break;
        table->widths[last] = 0;
    }
}

/* The widest of each column's cells. */
static void measure_cells(const struct page *page, struct table *table)
{
    for (size_t i = 0; i < page->row_count; i++)
        for (size_t k = 0; k < table->count && k < page->rows[i].cells.count; k++)
            widen(&table->widths[k], page->rows[i].cells.items[k]);
}

/* A narrow screen: the first columns as far as they fit, two at least; where those do not, each row
 * is as wide as it needs. The message rows tell the rest. */
static void measure_narrow(const struct page *page, int room, struct table *table)
{
    measure_cells(page, table);
    while (table->count > LOOSE_CELLS && total(table) - table->gap > room)
        table->count--;
    if (total(table) - table->gap > room)
        table->loose = room;
}

void table_measure(struct ui *ui, int from, struct table *table)
{
    const struct page *page = ui->page;
    *table = (struct table){.gap = GAP, .picture = page->picture};
    if (page->heads.count < 2)
        return;
    table->count = page->heads.count - 1;
    if (table->count > TABLE_COLUMNS_MOST)
        table->count = TABLE_COLUMNS_MOST;
    if (ui->compact) {
        measure_narrow(page, ui->columns - from, table);
        return;
    }
    int word = text_columns(page->heads.items[table->count]);
    for (size_t i = 0; i < page->row_count; i++)
        widen(&word, page->rows[i].word ? page->rows[i].word : "");
    for (size_t k = 0; k < table->count; k++)
        widen(&table->widths[k], page->heads.items[k]);
    measure_cells(page, table);
    int room = ui->columns - 1 - from - word;
    shrink(table, room);
    while (table->gap < GAP_MOST && total(table) + (int)table->count <= room)
        table->gap++;
    table->word_at = from + total(table);
}

/* As wide as this row's cells, as far as they fit. */
static void fit_loose(struct table *table, const struct strings *cells)
{
    for (size_t i = 0; i < table->count; i++)
        table->widths[i] = i < cells->count ? text_columns(cells->items[i]) : 0;
    shrink(table, table->loose + table->gap);
}

char *table_line(const struct table *table, const struct strings *cells)
{
    struct str line = {0};
    struct table own = *table;
    if (own.loose)
        fit_loose(&own, cells);
    for (size_t i = 0; i < own.count && i < cells->count; i++) {
        if (!own.widths[i])
            continue;
        int used = text_fit(&line, cells->items[i], own.widths[i]);
        for (; used < own.widths[i] + own.gap; used++)
            str_add_char(&line, ' ');
    }
    return str_take(&line);
}

void table_head(const struct ui *ui, const struct table *table, int from, int y)
{
    char *line = table_line(table, &ui->page->heads);
    draw_text(stdscr, y, from, ui->columns - from, line);
    draw_text(stdscr, y, table->word_at, ui->columns - table->word_at,
              ui->page->heads.items[table->count]);
    free(line);
}
