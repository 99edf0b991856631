/** The files beside a database: its record, its lock, and what they prove. */
@NullMarked
package io.haduck.core.internal.local;

import org.jspecify.annotations.NullMarked;
